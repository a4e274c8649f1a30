"""Makes the ONNX files in this folder and computes their outputs with ONNX Runtime. Needs the packages onnx, onnxruntime and
numpy: python3 make_fixtures.py.

Each file of the folder operators is a small network with a few operators. Its metadata holds what ONNX Runtime computes from
the image x[i] = 1.5 sin(0.37 i + 0.2): `expected` (float32 in base64) and `expected_shape`."""
import base64
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
HEIGHT, WIDTH = 8, 12
MADE = set()


def numbers(*shape, scale=0.5, step=0.61, offset=0.0):
    """Numbers that look random and are the same everywhere."""
    count = int(np.prod(shape))
    return (offset + scale * np.sin(np.arange(count) * step + 0.3)).astype(np.float32).reshape(shape)


def image(height=HEIGHT, width=WIDTH):
    return (1.5 * np.sin(0.37 * np.arange(3 * height * width) + 0.2)).astype(np.float32).reshape(1, 3, height, width)


def ints(*values):
    return np.array(values, np.int64)


def parse(body, opset, functions="", inputs=f"float[1,3,{HEIGHT},{WIDTH}] x", outputs="float[N,C,H,W] y", **weights):
    domains = f'"" : {opset}' + (', "local" : 1' if functions else "")
    model = onnx.parser.parse_model(
        f"<ir_version: 8, opset_import: [{domains}]>\nnetwork ({inputs}) => ({outputs}) {{ {body} }}\n{functions}")
    for name, array in weights.items():
        array = np.asarray(array)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    return model


def run(model, feed, path=None):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Without fusions, so that the numbers are those of the operators as they stand.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        str(path) if path else model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: feed})


def save(path, model, result, **metadata):
    helper.set_model_props(model, {
        **metadata, "expected": base64.b64encode(result.astype(np.float32).tobytes()).decode(),
        "expected_shape": json.dumps(list(result.shape))})
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(model.SerializeToString())
    MADE.add(path)


def case(name, opset, body, **weights):
    """A network whose operators turn x into y."""
    model = parse(body, opset, **weights)
    try:
        result = run(model, image())[0]
    except Exception as error:
        raise SystemExit(f"{name}: {error}")
    assert result.ndim == 4, (name, result.shape)
    assert np.isfinite(result).all(), name
    save(HERE / "operators" / f"{name}.onnx", model, result)


def convolutions():
    w, b = numbers(4, 3, 3, 3), numbers(4, step=1.1)
    case("conv", 11, "y = Conv<pads=[1,1,1,1]>(x, w, b)", w=w, b=b)
    case("conv_stride_dilation", 17, "y = Conv<strides=[2,1], dilations=[1,2], pads=[1,2,1,2], kernel_shape=[3,3]>(x, w)", w=w)
    case("conv_unequal_pads", 17, "y = Conv<pads=[0,1,2,0], strides=[2,2]>(x, w, b)", w=w, b=b)
    case("conv_same_upper", 17, 'y = Conv<auto_pad="SAME_UPPER", strides=[2,2]>(x, w, b)', w=w, b=b)
    case("conv_same_lower", 17, 'y = Conv<auto_pad="SAME_LOWER", strides=[2,2]>(x, w, b)', w=w, b=b)
    case("conv_groups", 17, "y = Conv<group=3, pads=[1,1,1,1]>(x, w)", w=numbers(6, 1, 3, 3))
    case("conv_of_rows", 17, """r = Reshape(x, s)  c = Conv<pads=[1,1]>(r, w)  y = Reshape(c, t)""",
         w=numbers(4, 3, 3), s=ints(1, 3, 96), t=ints(1, 4, 8, 12))
    t = numbers(3, 4, 3, 3)
    case("transposed", 17, "y = ConvTranspose<strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]>(x, w, b)", w=t, b=b)
    case("transposed_unequal_pads", 17, "y = ConvTranspose<strides=[2,2], pads=[0,1,1,2]>(x, w, b)", w=t, b=b)
    case("transposed_same", 17, 'y = ConvTranspose<strides=[2,2], auto_pad="SAME_UPPER">(x, w, b)', w=t, b=b)
    case("transposed_output_shape", 17, "y = ConvTranspose<strides=[2,2], output_shape=[17,24]>(x, w, b)", w=t, b=b)
    case("transposed_dilation", 17, "y = ConvTranspose<strides=[2,2], dilations=[2,1], pads=[1,1,1,1]>(x, w, b)", w=t, b=b)
    case("transposed_groups", 17, "y = ConvTranspose<strides=[2,2], group=3>(x, w)", w=numbers(3, 2, 2, 2))


def matrices():
    shape = dict(s=ints(1, 3, 96), t=ints(1, 5, 3, 1))
    case("matmul", 17, "r = Reshape(x, s)  m = MatMul(r, w)  a = Add(m, b)  u = Transpose<perm=[0,2,1]>(a)  y = Reshape(u, t)",
         w=numbers(96, 5, scale=0.1), b=numbers(5), **shape)
    case("matmul_of_two", 17, "r = Reshape(x, s)  u = Transpose<perm=[0,2,1]>(r)  m = MatMul(r, u)  y = Reshape(m, t)",
         s=ints(1, 3, 96), t=ints(1, 3, 3, 1))
    for a in (0, 1):
        for b in (0, 1):
            case(f"gemm_{a}{b}", 17, f"""r = Reshape(x, s)  m = Gemm<alpha=0.5, beta=2.0, transA={a}, transB={b}>(r, w, c)
                 y = Reshape(m, t)""", s=ints(*((96, 3) if a else (3, 96))),
                 w=numbers(*((5, 96) if b else (96, 5)), scale=0.1), c=numbers(5), t=ints(1, 3, 5, 1))
    case("einsum", 17, """r = Reshape(x, s)  m = Einsum<equation="bhid,bhjd->bhij">(r, r)  y = Reshape(m, t)""",
         s=ints(1, 3, 8, 12), t=ints(1, 3, 8, 8))
    case("einsum_matrix", 17, """m = Einsum<equation="nchw,oc->nohw">(x, w)  y = Identity(m)""", w=numbers(4, 3))
    case("attention", 17, """
         r = Reshape(x, s)  q = Transpose<perm=[0,2,1]>(r)  k = MatMul(q, r)  h = Mul(k, f)  p = Softmax<axis=-1>(h)
         v = MatMul(p, q)  o = Transpose<perm=[0,2,1]>(v)  y = Reshape(o, t)""",
         s=ints(1, 3, 96), t=ints(1, 3, 8, 12), f=np.float32(0.3))


def normalizations():
    c = dict(s=numbers(3, offset=1), b=numbers(3), m=numbers(3, step=0.9), v=np.abs(numbers(3)) + 0.5)
    case("batch_norm", 15, "y = BatchNormalization<epsilon=0.001>(x, s, b, m, v)", **c)
    case("conv_batch_norm", 17, "z = Conv(x, w)  y = BatchNormalization(z, s, b, m, v)", w=numbers(3, 3, 1, 1), **c)
    case("instance_norm", 17, "y = InstanceNormalization<epsilon=0.01>(x, s, b)", s=c["s"], b=c["b"])
    case("group_norm_of_pytorch", 17, """
         z = Conv(x, w)  r = Reshape(z, g)  n = InstanceNormalization(r, one, zero)  h = Shape(z)  u = Reshape(n, h)
         k = Mul(u, s)  y = Add(k, b)""", w=numbers(6, 3, 1, 1), g=ints(0, 2, -1), one=np.ones(2, np.float32),
         zero=np.zeros(2, np.float32), s=numbers(6, 1, 1, offset=1), b=numbers(6, 1, 1))
    case("group_norm", 21, "z = Conv(x, w)  y = GroupNormalization<num_groups=2>(z, s, b)", w=numbers(6, 3, 1, 1),
         s=numbers(6, offset=1), b=numbers(6))
    case("layer_norm", 17, "y = LayerNormalization<axis=-1, epsilon=0.001>(x, s, b)", s=numbers(12, offset=1), b=numbers(12))
    case("layer_norm_of_two_axes", 17, "y = LayerNormalization<axis=2>(x, s, b)", s=numbers(8, 12, offset=1), b=numbers(8, 12))
    case("layer_norm_written_out", 13, """
         m = ReduceMean<axes=[-1]>(x)  d = Sub(x, m)  q = Pow(d, two)  v = ReduceMean<axes=[-1]>(q)  e = Add(v, eps)
         r = Sqrt(e)  n = Div(d, r)  k = Mul(n, s)  y = Add(k, b)""", two=np.float32(2), eps=np.float32(1e-5),
         s=numbers(12, offset=1), b=numbers(12))
    case("layer_norm_of_channels", 13, """
         m = ReduceMean<axes=[1]>(x)  d = Sub(x, m)  q = Mul(d, d)  v = ReduceMean<axes=[1]>(q)  e = Add(v, eps)
         r = Sqrt(e)  n = Div(d, r)  k = Mul(n, s)  y = Add(k, b)""", eps=np.float32(1e-5),
         s=numbers(3, 1, 1, offset=1), b=numbers(3, 1, 1))
    case("layer_norm_of_maps", 13, """
         m = ReduceMean<axes=[-3,-2,-1]>(x)  d = Sub(x, m)  q = Pow(d, two)  v = ReduceMean<axes=[-3,-2,-1]>(q)  e = Add(v, eps)
         r = Sqrt(e)  n = Div(d, r)  k = Mul(n, s)  y = Add(k, b)""", two=np.float32(2), eps=np.float32(1e-5),
         s=numbers(3, 1, 1, offset=1), b=numbers(3, 1, 1))
    case("l2_norm", 17, "n = ReduceL2<axes=[1]>(x)  c = Clip(n, eps)  y = Div(x, c)", eps=np.float32(1e-6))
    case("l2_norm_written_out", 17, "q = Mul(x, x)  s = ReduceSum(q, a)  r = Sqrt(s)  y = Div(x, r)", a=ints(1))


def activations():
    for name, opset, body in [
            ("relu", 17, "y = Relu(x)"), ("leaky_relu", 17, "y = LeakyRelu<alpha=0.2>(x)"), ("elu", 17, "y = Elu<alpha=0.7>(x)"),
            ("selu", 17, "y = Selu(x)"), ("sigmoid", 17, "z = Sigmoid(x)  y = Concat<axis=1>(x, z)"), ("tanh", 17, "y = Tanh(x)"),
            ("gelu", 20, "y = Gelu(x)"), ("gelu_tanh", 20, 'y = Gelu<approximate="tanh">(x)'),
            ("hard_sigmoid", 17, "y = HardSigmoid<alpha=0.16666667>(x)"), ("hard_sigmoid_other", 17, "y = HardSigmoid(x)"),
            ("hard_swish", 17, "y = HardSwish(x)"), ("swish", 24, "y = Swish<alpha=1.0>(x)"),
            ("swish_other", 24, "y = Swish<alpha=1.7>(x)"), ("mish", 18, "y = Mish(x)"),
            ("mish_written_out", 17, "s = Softplus(x)  t = Tanh(s)  y = Mul(x, t)"),
            ("silu", 17, "s = Sigmoid(x)  y = Mul(x, s)"), ("abs", 17, "y = Abs(x)"), ("neg", 17, "y = Neg(x)"),
            ("identity", 17, "z = Identity(x)  y = Relu(z)"), ("dropout", 17, "z = Dropout(x)  y = Relu(z)"),
    ]:
        case(name, opset, body)
    case("clip", 17, "y = Clip(x, a, b)", a=np.float32(-0.5), b=np.float32(0.8))
    case("clip_below", 17, "y = Clip(x, , b)", b=np.float32(0.8))
    case("prelu", 17, "y = PRelu(x, a)", a=numbers(3, 1, 1))
    case("prelu_of_rows", 17, "y = PRelu(x, a)", a=numbers(8, 1))
    half = dict(half=np.float32(0.5), one=np.float32(1))
    case("gelu_of_torchscript", 17, "d = Div(x, r)  e = Erf(d)  a = Add(e, one)  m = Mul(x, a)  y = Mul(m, half)",
         r=np.float32(2 ** 0.5), **half)
    case("gelu_of_dynamo", 18, "d = Mul(x, r)  e = Erf(d)  a = Add(e, one)  h = Mul(half, a)  y = Mul(x, h)",
         r=np.float32(0.5 ** 0.5), **half)
    case("hard_swish_written_out", 17, "a = Add(x, three)  c = Clip(a, zero, six)  m = Mul(x, c)  y = Div(m, six)",
         three=np.float32(3), zero=np.float32(0), six=np.float32(6))


def arithmetic():
    case("scalars", 17, "a = Mul(x, s)  b = Add(s, a)  c = Sub(s, b)  d = Div(c, s)  e = Sub(d, s)  y = Div(s, e)",
         s=np.float32(7))
    case("channels", 17, "a = Mul(x, s)  b = Add(t, a)  y = Sub(b, s)", s=numbers(3, 1, 1), t=numbers(1, 3, 1, 1))
    case("maps", 17, "a = Mul(x, s)  y = Add(a, t)", s=numbers(1, 1, 8, 12), t=numbers(8, 12))
    case("rows", 17, "a = Mul(x, s)  y = Add(a, t)", s=numbers(12), t=numbers(8, 1))
    case("of_the_image", 17, "m = ReduceMean<axes=[2,3]>(x)  a = Mul(x, m)  r = ReduceMax<axes=[1]>(x)  y = Sub(a, r)")
    case("powers", 17, "a = Pow(x, two)  b = Pow(x, three)  c = Add(a, b)  d = Pow(c, one)  y = Add(d, x)",
         one=np.float32(1), two=np.float32(2), three=np.float32(3))
    case("reciprocal", 17, "a = Mul(x, x)  b = Add(a, s)  y = Reciprocal(b)", s=np.float32(1))
    case("max_min", 17, "a = Max(x, s)  b = Min(a, t)  n = Neg(x)  c = Max(b, n)  y = Min(c, x, t)", s=np.float32(-0.4),
         t=np.float32(0.9))
    case("sum_mean", 17, "a = Relu(x)  s = Sum(x, a, x)  y = Mean(s, x)")
    case("where_of_many_constants", 17, """c = Expand(m, many)  l = Expand(n, many)  a = Where(c, one, l)  b = ReduceMean<axes=[0]>(a)
         y = Mul(x, b)""", m=numbers(1, 3, 8, 12) > 0, n=numbers(1, 3, 8, 12), one=np.float32(1), many=ints(700, 3, 8, 12))
    case("where", 17, "a = Relu(x)  b = Where(m, x, a)  y = Where(m, n, b)", m=numbers(8, 12) > 0, n=np.float32(2))
    case("reductions", 17, """a = ReduceSum(x, c)  b = ReduceMin<axes=[1]>(x)  d = ReduceL1<axes=[1]>(x)
         e = ReduceSumSquare<axes=[1]>(x)  f = ReduceMean<axes=[1]>(x)  y = Concat<axis=1>(a, b, d, e, f)""", c=ints(1))
    case("reductions_of_all", 18, "m = ReduceMean(x)  y = Sub(x, m)")
    case("reduction_without_axes", 17, "m = ReduceMax<axes=[2,3], keepdims=0>(x)  u = Unsqueeze(m, a)  y = Mul(x, u)",
         a=ints(2, 3))
    case("softmax", 13, "y = Softmax<axis=1>(x)")
    case("softmax_of_rows", 13, "y = Softmax(x)")
    case("softmax_of_old", 11, "y = Softmax<axis=2>(x)")


def pools():
    case("max_pool", 17, "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)")
    case("max_pool_ceil", 17, "y = MaxPool<kernel_shape=[3,2], strides=[2,2], ceil_mode=1>(x)")
    case("max_pool_unequal_pads", 17, "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[0,0,1,1]>(x)")
    case("max_pool_dilation", 17, "y = MaxPool<kernel_shape=[2,2], dilations=[2,2]>(x)")
    case("max_unpool", 17, """p, i = MaxPool<kernel_shape=[2,2], strides=[2,2]>(x)
         y = MaxUnpool<kernel_shape=[2,2], strides=[2,2]>(p, i)""")
    case("average_pool", 17, "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x)")
    case("average_pool_counting", 17,
         "y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=1>(x)")
    case("average_pool_unequal_pads", 17, "y = AveragePool<kernel_shape=[3,3], strides=[2,2], pads=[0,1,1,0]>(x)")
    case("average_pool_same", 17, 'y = AveragePool<kernel_shape=[3,3], auto_pad="SAME_UPPER">(x)')
    case("global_pools", 17, "a = GlobalAveragePool(x)  b = GlobalMaxPool(x)  c = Mul(a, b)  y = Add(x, c)")


def resizes():
    s = dict(s=np.array([1, 1, 2, 1.5], np.float32))
    for name, attributes in [
            ("bilinear", 'mode="linear"'), ("bilinear_pytorch", 'mode="linear", coordinate_transformation_mode="pytorch_half_pixel"'),
            ("bilinear_corners", 'mode="linear", coordinate_transformation_mode="align_corners"'),
            ("bilinear_asymmetric", 'mode="linear", coordinate_transformation_mode="asymmetric"'),
            ("nearest", 'mode="nearest"'),
            ("nearest_floor", 'mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"'),
            ("nearest_ceil", 'mode="nearest", coordinate_transformation_mode="half_pixel", nearest_mode="ceil"'),
            ("cubic", 'mode="cubic"'),
            ("cubic_pytorch", 'mode="cubic", cubic_coeff_a=-0.75, coordinate_transformation_mode="pytorch_half_pixel"'),
            ("cubic_outside", 'mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5'),
    ]:
        case(f"resize_{name}", 13, f"y = Resize<{attributes}>(x, , s)", **s)
        case(f"resize_{name}_to_size", 13, f"y = Resize<{attributes}>(x, , , z)", z=ints(1, 3, 5, 17))
    case("resize_inexact_scale", 13, 'y = Resize<mode="linear">(x, , s)', s=np.array([1, 1, 1.3, 0.7], np.float32))
    case("resize_antialias", 18, 'y = Resize<mode="linear", antialias=1>(x, , , z)', z=ints(1, 3, 3, 5))
    case("resize_cubic_antialias", 18, 'y = Resize<mode="cubic", antialias=1>(x, , , z)', z=ints(1, 3, 3, 5))
    case("resize_axes", 18, 'y = Resize<mode="linear", axes=[2,3]>(x, , , z)', z=ints(16, 16))
    case("resize_version_10", 10, 'y = Resize<mode="linear">(x, s)', **s)
    case("upsample", 9, 'y = Upsample<mode="nearest">(x, s)', **s)
    case("resize_to_another", 13, """
         p = MaxPool<kernel_shape=[2,2], strides=[2,2]>(x)  h = Shape(x)  a = Slice(h, two, four)  b = Shape(p)
         c = Slice(b, zero, two)  d = Concat<axis=0>(c, a)  r = Resize<mode="linear">(p, , , d)  y = Add(r, x)""",
         zero=ints(0), two=ints(2), four=ints(4))
    case("depth_to_space", 17, "z = Conv(x, w)  y = DepthToSpace<blocksize=2>(z)", w=numbers(12, 3, 1, 1))
    case("depth_to_space_crd", 17, 'z = Conv(x, w)  y = DepthToSpace<blocksize=2, mode="CRD">(z)', w=numbers(12, 3, 1, 1))
    case("space_to_depth", 17, "y = SpaceToDepth<blocksize=2>(x)")


def shapes():
    case("reshape_transpose", 17, "r = Reshape(x, s)  u = Transpose<perm=[0,2,1,3]>(r)  y = Reshape(u, t)",
         s=ints(0, 3, -1, 4), t=ints(1, 6, 8, 6))
    case("channel_shuffle", 17, """z = Conv(x, w)  r = Reshape(z, s)  u = Transpose<perm=[0,2,1,3,4]>(r)  y = Reshape(u, t)""",
         w=numbers(6, 3, 1, 1), s=ints(1, 2, 3, 8, 12), t=ints(1, 6, 8, 12))
    case("flatten", 17, "f = Flatten<axis=2>(x)  y = Reshape(f, s)", s=ints(1, 3, 12, 8))
    case("squeeze", 17, "u = Unsqueeze(x, a)  v = Squeeze(u, a)  y = Relu(v)", a=ints(0, 3))
    case("squeeze_of_old", 11, "u = Unsqueeze<axes=[2]>(x)  v = Squeeze<axes=[2]>(u)  y = Relu(v)")
    case("concat_split", 17, "a, b = Split<axis=2>(x, s)  c = Concat<axis=2>(b, a)  y = Concat<axis=1>(c, x)", s=ints(3, 5))
    case("split_of_old", 11, "a, b = Split<axis=3, split=[4, 8]>(x)  c = Concat<axis=3>(b, a)  y = Relu(c)")
    case("split_equally", 18, "a, b, c = Split<axis=2, num_outputs=3>(x)  y = Concat<axis=2>(c, a, b)")
    case("slice", 17, "y = Slice(x, a, b, c, d)", a=ints(1, -9), b=ints(100, -1), c=ints(2, 3), d=ints(1, 1))
    case("slice_steps", 17, "y = Slice(x, a, b, c, d)", a=ints(1, 0), b=ints(8, 12), c=ints(2, 3), d=ints(2, 3))
    case("slice_backwards", 17, "y = Slice(x, a, b, c, d)", a=ints(-1), b=ints(-(2 ** 63 - 1)), c=ints(3), d=ints(-1))
    case("slice_of_old", 9, "y = Slice<axes=[1,2], starts=[1,2], ends=[3,7]>(x)")
    case("gather_channels", 17, "y = Gather<axis=1>(x, i)", i=ints(2, 0, 1, 1))
    case("gather_rows", 17, "y = Gather<axis=2>(x, i)", i=ints(-1, 3, 0, 2))
    case("gather_one", 17, "a = Gather<axis=2>(x, i)  u = Unsqueeze(a, t)  y = Add(x, u)", i=np.int64(3), t=ints(2))
    case("expand", 17, "m = ReduceMean<axes=[2,3]>(x)  e = Expand(m, s)  y = Add(x, e)", s=ints(1, 3, 8, 12))
    case("expand_rows", 17, "m = ReduceMean<axes=[2]>(x)  e = Expand(m, s)  y = Mul(x, e)", s=ints(8, 1))
    case("tile", 17, "y = Tile(x, s)", s=ints(1, 2, 1, 3))
    case("pad", 13, "y = Pad(x, p, v)", p=ints(0, 0, 1, 2, 0, 1, 0, 3), v=np.float32(0.5))
    case("pad_reflect", 13, 'y = Pad<mode="reflect">(x, p)', p=ints(0, 0, 1, 2, 0, 0, 2, 3))
    case("pad_edge", 13, 'y = Pad<mode="edge">(x, p)', p=ints(0, 0, 1, 2, 0, 0, 2, 3))
    case("pad_axes", 18, "y = Pad(x, p, , a)", p=ints(1, 2, 0, 1), a=ints(-2, -1))
    case("pad_of_old", 10, "y = Pad<pads=[0,0,1,1,0,0,1,1], value=1.5>(x)")
    case("pad_negative", 13, "y = Pad(x, p)", p=ints(0, 0, -1, -2, 0, 0, 1, -3))
    case("casts", 17, "a = Cast<to=11>(x)  b = Cast<to=1>(a)  c = CastLike(b, x)  y = Relu(c)")


def constants():
    case("shape_arithmetic", 17, """
         h = Shape(x)  a = Gather(h, two)  b = Gather(h, three)  c = Div(a, two)  d = Mul(c, two)  e = Sub(d, a)  f = Add(a, e)
         g = Unsqueeze(f, zero)  i = Unsqueeze(b, zero)  j = Concat<axis=0>(one, n, g, i)  k = Cast<to=1>(j)  l = Floor(k)
         m = Cast<to=7>(l)  r = Reshape(x, m)  y = Relu(r)""",
         zero=ints(0), one=ints(1), two=np.int64(2), three=np.int64(3), n=ints(-1))
    case("constants", 17, """
         a = Constant<value_float=0.5>()  b = Constant<value_ints=[1,3,1,1]>()  c = ConstantOfShape<value=float[1] {2.0}>(b)
         d = Mul(x, a)  e = Add(d, c)  y = Relu(e)""")
    case("range", 17, """r = Range(a, b, c)  s = Cast<to=1>(r)  t = Sin(s)  u = Cos(s)  v = Add(t, u)  w = Reshape(v, z)
         y = Mul(x, w)""", a=np.int64(0), b=np.int64(12), c=np.int64(1), z=ints(1, 1, 1, 12))
    case("logic", 17, """a = Greater(m, zero)  b = Less(m, half)  c = Not(a)  d = And(a, b)  e = Or(c, d)  f = Cast<to=1>(e)
         y = Mul(x, f)""", m=numbers(8, 12), zero=np.float32(0), half=np.float32(0.25))
    case("comparisons", 17, """h = Shape(x)  a = Equal(h, m)  b = Where(a, m, h)  c = Greater(b, m)  d = Not(c)  e = Cast<to=7>(d)
         f = ReduceProd<keepdims=1>(e)  g = Add(f, h)  i = Reshape(x, h)  y = Relu(i)""", m=ints(1, 3, 9, 12))
    case("sizes_and_sums", 17, """a = Size(x)  b = Mod(a, n)  c = Cast<to=1>(b)  d = CumSum(k, zero)  e = Reshape(d, z)
         f = Mul(x, e)  y = Add(f, c)""", n=np.int64(7), k=numbers(3), zero=np.int64(0), z=ints(1, 3, 1, 1))
    case("nonzero", 17, """h = Shape(x)  a = Greater(h, n)  b = NonZero(a)  c = Squeeze(b, zero)  d = Gather(h, c)  e = Cast<to=1>(d)
         f = ReduceSum<keepdims=0>(e)  y = Div(x, f)""", n=ints(3), zero=ints(0))
    case("mod_of_negative_numbers", 17, """a = Mod(k, n)  b = Mod<fmod=1>(k, n)  c = Add(a, b)  d = Cast<to=1>(c)
         e = Reshape(d, z)  y = Mul(x, e)""", k=ints(-7, 8, -9), n=ints(4), z=ints(1, 3, 1, 1))
    case("if_constant", 17, """h = Shape(x)  a = Gather(h, i)  c = Equal(a, n)
         z = If (c) <then_branch = t () => (float[1,3,8,12] p) { p = Relu(x) },
                     else_branch = e () => (float[1,3,8,12] q) { q = Neg(x) }>  y = Add(z, x)""",
         i=np.int64(2), n=np.int64(8))
    case("quantized_weights", 13, "w = DequantizeLinear<axis=0>(q, s, z)  y = Conv<pads=[1,1,1,1]>(x, w)",
         q=np.round(numbers(4, 3, 3, 3) * 100).astype(np.int8), s=np.abs(numbers(4)) * 0.01 + 0.005,
         z=np.zeros(4, np.int8))
    for name, kind, zero in [("uint8", np.uint8, 120), ("int8", np.int8, -8)]:
        case(f"quantized_{name}", 13, """a = QuantizeLinear(x, s, z)  b = DequantizeLinear(a, s, z)
             w = DequantizeLinear<axis=0>(q, t, u)  v = DequantizeLinear<axis=0>(r, n, o)  c = Conv<pads=[1,1,1,1]>(b, w, v)
             d = Relu(c)  e = QuantizeLinear(d, f, z)  y = DequantizeLinear(e, f, z)""",
             s=np.float32(0.0123), z=kind(zero), q=np.round(numbers(4, 3, 3, 3) * 100).astype(np.int8),
             t=np.abs(numbers(4)) * 0.01 + 0.005, u=np.zeros(4, np.int8), r=np.array([30, -50, 9, 0], np.int32),
             n=np.full(4, 0.001, np.float32), o=np.zeros(4, np.int32), f=np.float32(0.031))
    # Weights whose largest byte is 127, which the kernels for bytes hold exactly.
    q = np.round(numbers(4, 3, 3, 3) * 100).astype(np.int8)
    q[:, 0, 0, 0] = 127
    case("quantized_exactly", 13, """a = QuantizeLinear(x, s, z)  b = DequantizeLinear(a, s, z)
         w = DequantizeLinear<axis=0>(q, t, u)  c = Conv<pads=[1,1,1,1]>(b, w)  d = Relu(c)  e = QuantizeLinear(d, f, z)
         g = DequantizeLinear(e, f, z)  v = DequantizeLinear<axis=0>(r, t, u)  y = Conv(g, v)""", s=np.float32(0.0123),
         z=np.uint8(120), q=q, t=np.abs(numbers(4)) * 0.01 + 0.005, u=np.zeros(4, np.int8), f=np.float32(0.031),
         r=np.full((4, 4, 1, 1), 127, np.int8) * np.array([1, -1, 0, 1], np.int8).reshape(1, 4, 1, 1))
    case("float16_weights", 17, "w = Cast<to=1>(h)  y = Conv(x, w)", h=numbers(4, 3, 1, 1).astype(np.float16))


def networks():
    """Files that test inputs, outputs and the form of files; their names tell what."""
    w = numbers(4, 3, 3, 3)
    body = "z = Conv<pads=[1,1,1,1]>(x, w)  y = Relu(z)"
    sized = "float[N,3,height,width] x"
    folder = HERE / "networks"
    model = parse(body, 17, inputs=sized, w=w)
    save(folder / "dynamic.onnx", model, run(model, image())[0])

    model = parse(body, 17, w=w)
    save(folder / "metadata.onnx", model, run(model, image())[0], classes='["sky", "road", "tree", "car"]', network="street",
         colors="[[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]", mean="[0.5, 0.4, 0.3]", std="[0.2, 0.25, 0.3]")

    model = parse("z = Conv<pads=[1,1,1,1]>(x, w)  y = ArgMax<axis=1>(z)", 17, outputs="int64[N,1,H,W] y", w=w)
    save(folder / "classes.onnx", model, run(model, image())[0])

    model = parse("z = Conv<pads=[1,1,1,1]>(x, w)  a = ArgMax<axis=1, keepdims=0>(z)  y = Cast<to=2>(a)", 17,
                  outputs="uint8[N,H,W] y", w=w)
    save(folder / "classes_uint8.onnx", model, run(model, image())[0])

    model = parse("c = Cast<to=1>(x)  t = Transpose<perm=[0,3,1,2]>(c)  d = Div(t, f)  y = Conv<pads=[1,1,1,1]>(d, w)", 17,
                  inputs=f"uint8[1,{HEIGHT},{WIDTH},3] x", w=w, f=np.float32(255))
    pixels = (np.arange(HEIGHT * WIDTH * 3) * 37 % 256).astype(np.uint8).reshape(1, HEIGHT, WIDTH, 3)
    save(folder / "pixels.onnx", model, run(model, pixels)[0])

    model = parse("z = Conv<pads=[1,1,1,1]>(x, w)  s = ReduceMean<axes=[2,3]>(z)  y = Relu(z)  a = Neg(z)", 17,
                  outputs="float[N,C,h,w] s, float[N,C,H,W] y, float[N,C,H,W] a", w=w)
    save(folder / "outputs.onnx", model, run(model, image())[1])

    model = parse("z = Conv<pads=[1,1,1,1], strides=[2,2]>(x, w)  y = Sigmoid(z)", 17, w=numbers(1, 3, 3, 3))
    save(folder / "probability.onnx", model, run(model, image())[0])

    model = parse("y = local.block<slope=0.25>(x, w)", 17, functions="""
        <domain: "local", opset_import: ["" : 17, "local" : 1]>
        block <slope>(a, b) => (c) { d = local.inner(a, b)  c = LeakyRelu<alpha: float = @slope>(d) }
        <domain: "local", opset_import: ["" : 17]>
        inner (a, b) => (c) { c = Conv<pads=[1,1,1,1]>(a, b) }""", w=w)
    save(folder / "functions.onnx", model, run(model, image())[0])

    model = parse("a = NonMaxSuppression(x, x)  b = Exp(x)  c = Log(b)  d = com.Magic(c)  y = Sqrt(d)", 17, w=w)
    (folder / "unsupported.onnx").write_bytes(model.SerializeToString())
    MADE.add(folder / "unsupported.onnx")

    # Weights in another file.
    model = parse(body, 17, w=numbers(16, 3, 3, 3))
    result = run(model, image())[0]
    helper.set_model_props(model, {"expected": base64.b64encode(result.tobytes()).decode(),
                                   "expected_shape": json.dumps(list(result.shape))})
    (folder / "external.onnx.data").unlink(missing_ok=True)
    onnx.save(model, folder / "external.onnx", save_as_external_data=True, location="external.onnx.data", size_threshold=0)
    MADE.update([folder / "external.onnx", folder / "external.onnx.data"])


if __name__ == "__main__":
    for folder in ("operators", "networks"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
        (HERE / folder).mkdir()
    for make in (convolutions, matrices, normalizations, activations, arithmetic, pools, resizes, shapes, constants, networks):
        make()
    print(f"{len(MADE)} files, {sum(path.stat().st_size for path in MADE)} bytes")
