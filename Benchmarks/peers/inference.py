"""Measures one network in one of the peers' inference engines, as `rtseg bench` measures its own: one process, one engine,
one network, one line of JSON. `export` writes the network in the format that an engine reads, which a process of its own does,
so that the memory and the start of the others are without PyTorch's."""
import argparse
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy

import measurement

warnings.filterwarnings("ignore")


def main():
    started = time.time()
    options = parse()
    options.started = options.started or started
    if options.command == "export":
        EXPORTS[options.format](options)
        measurement.report(format=options.format)
        return
    image = numpy.load(options.input)
    infer, library = ENGINES[options.engine](options, image)
    first = infer()
    first_result = time.time() - options.started
    result = first.cpu().numpy() if hasattr(first, "cpu") else first
    if options.given and options.output == "classes":
        result = as_classes(result)
    if options.class_map and options.output == "classes":
        Path(options.class_map).write_bytes(numpy.ascontiguousarray(result, dtype=numpy.uint8).tobytes())
    size = list(result.shape[-2:])
    del first, result
    times = repeat(options, infer)
    milliseconds = numpy.array(times) * 1000
    measurement.report(
        engine=options.engine,
        library=library,
        latency=dict(
            repetitions=len(times), p50=numpy.percentile(milliseconds, 50), p95=numpy.percentile(milliseconds, 95),
            p99=numpy.percentile(milliseconds, 99), min=milliseconds.min(), mean=milliseconds.mean()),
        first_result_seconds=first_result,
        peak_bytes=peak_bytes(options),
        output_size=size,
    )


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["run", "export"])
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--format", choices=EXPORTS, default="onnx", help="what export writes")
    parser.add_argument("--network", required=True, help="as rtseg models names it")
    parser.add_argument("--reference", type=Path, help="a checkout of the reference")
    parser.add_argument("--weights", help="of the network, .pth")
    parser.add_argument("--onnx", type=Path, help="the network as ONNX: export writes it, run reads it. Files "
                        "of other formats lie beside it")
    parser.add_argument("--given", action="store_true", help="run the ONNX file as it is, whoever wrote it")
    parser.add_argument("--input", required=True, help="float32 [1, 3, H, W], .npy")
    parser.add_argument("--calibration", type=Path, help="a folder of inputs as .npy, on which int8 is calibrated")
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["float32", "bfloat16", "float16", "int8"], default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--output", choices=["classes", "logits"], default="classes")
    parser.add_argument("--at-own-size", action="store_true", help="leave the last upsampling out")
    parser.add_argument("--class-map", help="where the classes go, a byte a pixel")
    parser.add_argument("--warmup-runs", type=int, default=3)
    parser.add_argument("--warmup-seconds", type=float, default=0.5)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--started", type=float, help="when this process was started, in seconds since 1970")
    return parser.parse_args()


def as_classes(result):
    """The classes of a file's own output, which is not timed."""
    if result.ndim == 4 and result.dtype.kind == "f":
        return result.argmax(1) if result.shape[1] > 1 else result[:, 0] > 0
    return result.reshape(result.shape[-2:])


def as_input(image, shape, is_bytes):
    """The image in the layout and the type of a file's own input."""
    if len(shape) == 4 and shape[1] != 3 and shape[3] == 3:
        image = numpy.ascontiguousarray(image.transpose(0, 2, 3, 1))
    return image.round().clip(0, 255).astype(numpy.uint8) if is_bytes else image


def repeat(options, infer):
    """Seconds of each run: the same rule as `LatencyBudget.measure`."""
    runs, start = 0, time.perf_counter()
    while runs < options.warmup_runs or time.perf_counter() - start < options.warmup_seconds:
        infer()
        runs += 1
    times, start = [], time.perf_counter()
    while len(times) < options.repetitions and (len(times) < 3 or time.perf_counter() - start < options.seconds):
        before = time.perf_counter()
        infer()
        times.append(time.perf_counter() - before)
    return times


def peak_bytes(options):
    if options.device != "cpu":
        import torch

        return torch.cuda.max_memory_allocated()
    return measurement.memory()


# Engines: each returns a function that runs once and gives the output, and the library's name with its version.


def torch_engine(options, image):
    import torch

    if options.precision == "int8":
        raise ValueError("no int8 without a quantized network")
    torch.set_num_threads(options.threads)
    dtype = getattr(torch, options.precision)
    network = load(options, image.shape[2:]).to(options.device).to(memory_format=torch.channels_last)
    x = torch.from_numpy(image).to(options.device)
    mode = "max-autotune" if options.device != "cpu" or options.engine == "autotune" else None
    if options.engine != "pytorch":
        import torch._inductor.config

        torch._inductor.config.freezing = True
        network = torch.compile(network, mode=mode)

    def infer():
        with torch.inference_mode(), torch.autocast(
                options.device.split(":")[0], dtype=dtype, enabled=dtype != torch.float32):
            y = network(x.contiguous(memory_format=torch.channels_last))
        if options.device != "cpu":
            torch.cuda.synchronize()
        return y

    return infer, f"torch {torch.__version__}"


def onnxruntime_engine(options, image):
    only_on_cpu(options)
    if options.precision not in ("float32", "int8"):
        raise ValueError(f"no {options.precision} convolutions on the CPU")
    import onnxruntime

    file = options.onnx.with_suffix(".int8.onnx") if options.precision == "int8" else options.onnx

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), settings, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    name = given.name
    if options.given:
        image = as_input(image, given.shape, "uint8" in given.type)
    return lambda: session.run(None, {name: image})[0], f"onnxruntime {onnxruntime.__version__}"


def openvino_engine(options, image):
    only_on_cpu(options)
    # The parts that a quantized network does not compute in int8 stay in float32.
    hint = {"float32": "f32", "bfloat16": "bf16", "float16": "f16", "int8": "f32"}[options.precision]
    import openvino

    file = options.onnx.with_suffix(".int8.xml") if options.precision == "int8" else options.onnx
    compiled = openvino.Core().compile_model(str(file), "CPU", {
        "INFERENCE_NUM_THREADS": options.threads, "INFERENCE_PRECISION_HINT": hint, "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
    })
    used = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
    if used != hint:
        raise ValueError(f"computes in {used} on this processor when asked for {hint}")
    request = compiled.create_infer_request()
    if options.given:
        given = compiled.input(0)
        shape = [side.get_length() if side.is_static else -1 for side in given.get_partial_shape()]
        image = as_input(image, shape, given.get_element_type().get_type_name() == "u8")

    def infer():
        request.infer([image], share_inputs=True)
        return request.get_output_tensor(0).data

    return infer, f"openvino {openvino.__version__.split('-')[0]}"


def mnn_engine(options, image):
    only_on_cpu(options)
    precision = {"float32": "high", "bfloat16": "low_bf16", "float16": "low"}.get(options.precision)
    if precision is None:
        raise ValueError("no int8 without a quantized network")
    import MNN
    from MNN import expr, nn

    runtime = nn.create_runtime_manager(
        ({"backend": "CPU", "numThread": options.threads, "precision": precision, "memory": "normal"},))
    network = nn.load_module_from_file(
        str(options.onnx.with_suffix(".mnn")), ["image"], ["output"], runtime_manager=runtime)
    x = expr.placeholder(list(image.shape), expr.NCHW, expr.float)
    kind = numpy.uint8 if options.output == "classes" else numpy.float32

    def infer():
        x.write(image)
        y = network.forward(x)
        if options.output != "classes":
            y = expr.convert(y, expr.NCHW)
        return numpy.asarray(y.read()).astype(kind, copy=False)

    return infer, f"MNN {MNN.version()}"


def ncnn_engine(options, image):
    only_on_cpu(options)
    if options.precision not in ("float32", "bfloat16"):
        raise ValueError(f"no {options.precision} on this processor")
    if options.output == "classes":
        raise ValueError("finds no classes itself: compare with --output logits")
    import ncnn

    network = ncnn.Net()
    settings = network.opt
    settings.num_threads = options.threads
    settings.use_vulkan_compute = False
    settings.use_fp16_packed = settings.use_fp16_storage = settings.use_fp16_arithmetic = False
    settings.use_bf16_storage = options.precision == "bfloat16"
    for load_file, file in zip([network.load_param, network.load_model], ncnn_files(options)):
        if load_file(str(file)) != 0:
            raise ValueError("cannot read its own format")
    x = ncnn.Mat(image[0])

    def infer():
        extractor = network.create_extractor()
        extractor.input("in0", x)
        status, y = extractor.extract("out0")
        if status != 0:
            raise ValueError(f"fails with status {status}")
        return numpy.asarray(y)[None]

    return infer, f"ncnn {ncnn.__version__}"


def litert_engine(options, image):
    only_on_cpu(options)
    if options.precision != "float32":
        raise ValueError(f"no {options.precision} without a network converted for it")
    import ai_edge_litert
    from ai_edge_litert.interpreter import Interpreter

    # Its CPU kernels are those of XNNPACK.
    interpreter = Interpreter(str(options.onnx.with_suffix(".tflite")), num_threads=options.threads)
    interpreter.allocate_tensors()
    place, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    x = numpy.ascontiguousarray(image.transpose(0, 2, 3, 1))

    def infer():
        interpreter.set_tensor(place, x)
        interpreter.invoke()
        y = interpreter.get_tensor(result)
        return y.astype(numpy.uint8) if options.output == "classes" else y

    return infer, f"litert {ai_edge_litert.__version__}"


def only_on_cpu(options):
    if options.device != "cpu":
        raise ValueError("measured on the CPU alone")


# The network


def load(options, size):
    """The original network in evaluation mode with the weights, ending in what `--output` says."""
    import torch

    import reference

    if options.at_own_size:
        leave_last_upsampling_out(options.classes, size)
    network = reference.make_model(options.reference, options.network, options.classes, auxiliary=False)
    network.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True))
    if options.output == "logits":
        return network.eval()

    class Classes(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return self.network(x).argmax(1)

    return Classes().eval()


def leave_last_upsampling_out(classes, size):
    """Makes resizing of the scores to the image's size do nothing."""
    import torch.nn.functional as F

    resize, whole = F.interpolate, list(size)

    def interpolate(x, size=None, scale_factor=None, *others, **named):
        if size is None:
            factors = scale_factor if isinstance(scale_factor, (tuple, list)) else [scale_factor] * 2
            target = [int(side * factor) for side, factor in zip(x.shape[2:], factors)]
        else:
            target = [size] * 2 if isinstance(size, int) else list(size)
        if x.shape[1] == classes and target == whole:
            return x
        return resize(x, size, scale_factor, *others, **named)

    F.interpolate = interpolate


def export_onnx(options):
    """Writes the network as ONNX by the first of torch's exporters whose file ONNX Runtime can run."""
    import onnxruntime
    import torch

    image = torch.from_numpy(numpy.load(options.input))
    network = load(options, image.shape[2:])
    failures = []
    for name, settings in [
        ("TorchScript exporter", dict(dynamo=False, opset_version=17)),
        ("dynamo exporter", dict(dynamo=True, opset_version=18, external_data=False)),
    ]:
        try:
            with torch.inference_mode(), quiet():
                torch.onnx.export(
                    network, (image,), str(options.onnx), input_names=["image"], output_names=["output"], **settings)
            settings = onnxruntime.SessionOptions()
            settings.log_severity_level = 3
            onnxruntime.InferenceSession(
                str(options.onnx), settings, providers=["CPUExecutionProvider"]).run(None, {"image": image.numpy()})
            return
        except Exception as error:
            failures.append(f"{name}: {one_line(error)}")
    raise ValueError("; ".join(failures))


def export_onnx_int8(options):
    """Quantizes the ONNX file by ONNX Runtime's static quantization."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Images(CalibrationDataReader):
        images = ({"image": image} for image in calibration_images(options))

        def get_next(self):
            return next(self.images, None)

    prepared = options.onnx.with_suffix(".prepared.onnx")
    with quiet():
        quant_pre_process(str(options.onnx), str(prepared), skip_symbolic_shape=True)
        # Without VNNI, sums of products of whole bytes exceed 16 bits.
        quantize_static(
            str(prepared), str(options.onnx.with_suffix(".int8.onnx")), Images(), quant_format=QuantFormat.QDQ,
            per_channel=True, reduce_range=not has_vnni(), activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8)
    prepared.unlink()


def export_openvino_int8(options):
    """Quantizes the ONNX file by NNCF, OpenVINO's tool for it."""
    with quiet():
        import nncf
        import openvino

        images = calibration_images(options)
        network = nncf.quantize(
            openvino.Core().read_model(str(options.onnx)), nncf.Dataset(images), subset_size=len(images))
        openvino.save_model(network, str(options.onnx.with_suffix(".int8.xml")), compress_to_fp16=False)


def calibration_images(options):
    return [numpy.load(file) for file in sorted(options.calibration.glob("*.npy"))]


def has_vnni():
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    return "vnni" in flags or "asimddp" in flags


def export_mnn(options):
    """Converts the ONNX file, which another call has written."""
    # The package's program, since its function ends the process on an error.
    convert(options, [str(Path(sys.executable).with_name("mnnconvert")), "-f", "ONNX", "--modelFile", str(options.onnx),
                      "--MNNModel", str(options.onnx.with_suffix(".mnn")), "--bizCode", "rtseg", "--keepInputFormat", "1"],
            options.onnx.with_suffix(".mnn"))


def export_ncnn(options):
    """Writes ncnn's files by its converter from TorchScript."""
    import torch

    image = torch.from_numpy(numpy.load(options.input))
    # The converter replaces some characters in names.
    traced, made = options.onnx.with_name("ncnn.pt"), ncnn_files(options)
    for file in made:
        file.unlink(missing_ok=True)
    with torch.inference_mode(), quiet():
        torch.jit.trace(load(options, image.shape[2:]), image).save(str(traced))
    shape = ",".join(map(str, image.shape))
    convert(options, [str(Path(sys.executable).with_name("pnnx")), str(traced), f"inputshape=[{shape}]", "fp16=0"], made[1])


def export_litert(options):
    """Converts the network by LiteRT's converter from PyTorch, with channels innermost in the input."""
    import torch

    with quiet():
        import litert_torch

        image = torch.from_numpy(numpy.load(options.input))
        network = litert_torch.to_channel_last_io(load(options, image.shape[2:]), args=[0])
        litert_torch.convert(network, (image.permute(0, 2, 3, 1),)).export(str(options.onnx.with_suffix(".tflite")))


def ncnn_files(options):
    return [options.onnx.with_name("ncnn.ncnn" + suffix) for suffix in (".param", ".bin")]


def convert(options, command, made):
    result = subprocess.run(command, cwd=options.onnx.parent, capture_output=True, text=True, errors="replace")
    if result.returncode != 0 or not made.exists():
        lines = [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]
        raise ValueError(f"{Path(command[0]).name}: {lines[-1][:200] if lines else result.returncode}")


class quiet:
    """Sends what the exporters print to nowhere."""

    def __enter__(self):
        self.streams = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = open(os.devnull, "w")

    def __exit__(self, *_):
        sys.stdout.close()
        sys.stdout, sys.stderr = self.streams


def one_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


ENGINES = {
    "pytorch": torch_engine, "compile": torch_engine, "autotune": torch_engine, "onnxruntime": onnxruntime_engine,
    "openvino": openvino_engine, "mnn": mnn_engine, "ncnn": ncnn_engine, "litert": litert_engine,
}
EXPORTS = {
    "onnx": export_onnx, "mnn": export_mnn, "ncnn": export_ncnn, "litert": export_litert,
    "onnx-int8": export_onnx_int8, "openvino-int8": export_openvino_int8,
}

if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(one_line(error))
