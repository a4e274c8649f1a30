"""Writes small .rtseg files without RTSeg, as Sources/CRuntime/README.md describes them. Needs Python 3 and nothing else:

    python3 program_file.py FILE [NETWORK]

The network "colors" (which is meant if none is named) tells whether a pixel is gray, red, green or blue, by one
convolution and the class map, for images of 8x12 and 16x16. "operators" and "quantized" have most kernels.
"""
import struct
import sys
import zlib

NUMBER, QUANTIZED, POSITIONS, CLASSES, CLASSES32, FLOAT32 = range(6)
(CONVOLUTION, AFFINE, BINARY, RESIZE, CLASS_MAP, MAX_POOL, AVERAGE_POOL, ADAPTIVE_AVERAGE, ADAPTIVE_MAX, MAX_UNPOOL,
 COPY, PERMUTE, INTERLEAVE, PIXEL_SHUFFLE, SOFTMAX, REDUCE, JOIN, MATMUL, NORMALIZE, REARRANGE, HOST, FILL) = range(1, 23)

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
COLORS = [("gray", (128, 128, 128)), ("red", (255, 0, 0)), ("green", (0, 255, 0)), ("blue", (0, 0, 255))]


def u8(*values): return struct.pack(f"<{len(values)}B", *values)
def u16(value): return struct.pack("<H", value)
def u32(*values): return struct.pack(f"<{len(values)}I", *values)
def u64(value): return struct.pack("<Q", value)
def i32(*values): return struct.pack(f"<{len(values)}i", *values)
def i64(*values): return struct.pack(f"<{len(values)}q", *values)
def f32(*values): return struct.pack(f"<{len(values)}f", *values)
def f64(*values): return struct.pack(f"<{len(values)}d", *values)
def text(value): return u32(len(value.encode())) + value.encode()
def items(values): return u32(len(values)) + b"".join(values)


def activation(kind=0, a=0.0, b=0.0, slopes=-1): return u8(kind) + f32(a, b) + i32(slopes)


def convolution(weight, bias=-1, transposed=0, stride=1, pad=0, dilation=1, groups=1, residual=0, act=activation()):
    return (u8(transposed) + i32(weight, bias, stride, stride, pad, pad, dilation, dilation, groups) + u8(residual) + act
            + u8(0))


class Weights:
    """The weights of a file: the list, and the sections of float32 numbers and of bytes."""

    def __init__(self):
        self.list, self.numbers, self.bytes = [], b"", b""

    def _put(self, values):
        place = len(self.numbers)
        self.numbers += f32(*values)
        self.numbers += bytes(-len(self.numbers) % 64)
        return place

    def add(self, dims, values):
        self.list.append(u8(0, len(dims)) + i32(*dims) + u64(self._put(values)))
        return len(self.list) - 1

    def add_bytes(self, dims, values, scales):
        self.list.append(u8(2, len(dims)) + i32(*dims) + u64(len(self.bytes)) + u64(self._put(scales)))
        self.bytes += struct.pack(f"<{len(values)}b", *values)
        self.bytes += bytes(-len(self.bytes) % 64)
        return len(self.list) - 1


class Plan:
    """The operators for images of one size."""

    def __init__(self, height, width, channels=3, pad=1):
        self.height, self.width = height, width
        self.tensors, self.constants, self.instructions = [], [], []
        up = lambda size: -(-size // pad) * pad
        self.input = self.tensor(up(height), up(width), channels)

    def tensor(self, *dims, type=NUMBER, scale=0.0, zero=0, base=-1, first=0):
        self.tensors.append(u8(type, len(dims)) + i32(*dims) + f32(scale) + i32(zero, base, first))
        return len(self.tensors) - 1

    def add(self, kernel, inputs, outputs, parameters=b"", replaceable=(), name="op"):
        self.instructions.append(
            u16(kernel) + text(name) + text(f"module.{len(self.instructions)}") + u64(1000) + u32(len(inputs), *inputs)
            + u32(len(outputs), *outputs) + u32(len(replaceable)) + u8(*replaceable) + parameters)
        return outputs[0]

    def bytes(self, scores, classes):
        return (i32(self.height, self.width, self.input) + items(self.tensors) + items(self.constants)
                + items(self.instructions) + i32(scores, classes))


def description(name, classes, precision=0):
    scale = [1 / (255 * std) for std in STD]
    shift = [-mean / std for mean, std in zip(MEAN, STD)]
    return (text(name) + text("0123456789abcdef" * 4) + text("program_file.py") + u8(precision) + f64(-1) + f64(*MEAN)
            + f64(*STD) + f32(*scale) + f32(*shift) + items([text(label) + u8(*color) for label, color in classes]))


def file(description, weights, plans, version=1):
    contents = [(1, description), (2, items(weights.list) + items(plans)), (3, weights.numbers)]
    if weights.bytes:
        contents.append((5, weights.bytes))
    place, table, body = 64 + 32 * len(contents), b"", b""
    for kind, content in contents:
        alignment = 4096 if kind >= 3 else 64
        gap = -place % alignment
        body += bytes(gap) + content
        table += u32(kind, zlib.crc32(content)) + u64(place + gap) + u64(len(content)) + u64(0)
        place += gap + len(content)
    head = lambda crc: (b"RTSEGNET" + u32(version, len(contents)) + u64(place) + u32(crc)).ljust(64, b"\0")
    return head(zlib.crc32(head(0) + table)) + table + body


def colors(sizes=((8, 12), (16, 16))):
    """A file with a network whose classes can be told by looking at the image."""
    weights = Weights()
    # Each color's own part less half of the others, in the scale of the pixels.
    rows = [(0, 0, 0)] + [[(1 if c == k else -0.5) * STD[c] for c in range(3)] for k in range(3)]
    bias = [0.02] + [sum((1 if c == k else -0.5) * MEAN[c] for c in range(3)) for k in range(3)]
    kernel, shift = weights.add((4, 3, 1, 1), sum(map(list, rows), [])), weights.add((4,), bias)
    plans = []
    for height, width in sizes:
        plan = Plan(height, width)
        scores = plan.add(CONVOLUTION, [plan.input], [plan.tensor(height, width, 4)], convolution(kernel, shift),
                          name="conv")
        classes = plan.add(CLASS_MAP, [scores], [plan.tensor(height, width, 1, type=CLASSES)], u8(0), name="class map")
        plans.append(plan.bytes(scores, classes))
    return file(description("colors", COLORS), weights, plans)


def operators():
    """A file in which most kernels occur, for images of 6x8 (the input is 8x8)."""
    weights, plan = Weights(), Plan(6, 8, pad=8)
    value = lambda count: [((7 * k + 3) % 11 - 5) / 8 for k in range(count)]
    add, tensor = plan.add, plan.tensor
    x = add(CONVOLUTION, [plan.input], [tensor(8, 8, 8)], convolution(
        weights.add((8, 3, 3, 3), value(216)), weights.add((8,), value(8)), pad=1, act=activation(1)))
    y = add(AFFINE, [x], [tensor(8, 8, 8)], i32(weights.add((8,), value(8)), -1) + activation(7))
    z = add(CONVOLUTION, [x, y], [tensor(8, 8, 8)], convolution(
        weights.add((8, 1, 3, 3), value(72)), pad=1, groups=8, residual=1, act=activation(2, 0, 6)))
    z = add(BINARY, [z, x], [tensor(8, 8, 8)], u8(0) + activation(), replaceable=(0,))
    places = tensor(4, 4, 8, type=POSITIONS)
    window = lambda kernel, stride, pad: i32(kernel, kernel, stride, stride, pad, pad, 1, 1)
    small = add(MAX_POOL, [z], [tensor(4, 4, 8), places], window(2, 2, 0))
    back = add(MAX_UNPOOL, [small, places], [tensor(8, 8, 8)])
    mean = add(AVERAGE_POOL, [z], [tensor(4, 4, 8)], window(3, 2, 1) + u8(1))
    mean = add(RESIZE, [mean, back], [tensor(8, 8, 8)], u8(0, 0, 0) + activation(1))
    spot = add(ADAPTIVE_AVERAGE, [mean], [tensor(1, 1, 8)])
    spot = add(BINARY, [spot, add(ADAPTIVE_MAX, [mean], [tensor(1, 1, 8)])], [tensor(1, 1, 8)], u8(4) + activation())
    mixed = add(INTERLEAVE, [x, mean, spot], [tensor(8, 8, 16)])
    mixed = add(PERMUTE, [mixed], [tensor(8, 8, 16)], u32(16) + i32(*reversed(range(16))))
    large = add(PIXEL_SHUFFLE, [mixed], [tensor(16, 16, 4)], i32(2))
    # A join: both parts are written into ranges of one map.
    whole = tensor(16, 16, 8)
    part, rest = tensor(16, 16, 4, base=whole), tensor(16, 16, 4, base=whole, first=4)
    add(COPY, [large], [part])
    add(CONVOLUTION, [x], [rest], convolution(weights.add((8, 4, 2, 2), value(128)), transposed=1, stride=2))
    add(JOIN, [], [whole])
    # Attention: the pixels' products with each other.
    keys = add(FILL, [], [tensor(64, 8)], f32(0.5))
    add(REARRANGE, [mean], [keys], u8(2) + i32(32, 8) + i64(0, 8, 1) + i64(0, 8, 1))
    queries = add(NORMALIZE, [keys], [tensor(64, 8)],
                  i32(0) + f32(1e-5) + i32(weights.add((8,), value(8)), -1))
    product = add(MATMUL, [queries, keys], [tensor(64, 64)], i32(1, 64, 8, 64) + u8(0, 1) + i32(1, 1))
    product = add(SOFTMAX, [product], [tensor(64, 64)])
    last = add(REDUCE, [product], [tensor(64, 1)], u8(0))
    ones = plan.tensor(64, 1)
    plan.constants.append(u32(ones, weights.add((64, 1), value(64))))
    last = add(BINARY, [last, ones], [tensor(64, 1)], u8(0) + activation())
    scores = add(CONVOLUTION, [whole], [tensor(16, 16, 3)], convolution(weights.add((3, 8, 1, 1), value(24))))
    scores = add(RESIZE, [scores], [tensor(8, 8, 3)], u8(0, 1, 0) + activation())
    scores = add(NORMALIZE, [scores], [tensor(8, 8, 3)], i32(1) + f32(1e-5) + i32(-1, -1))
    classes = add(CLASS_MAP, [scores], [tensor(8, 8, 1, type=CLASSES)], u8(1))
    return file(description("operators", COLORS[:3]), weights, [plan.bytes(scores, classes)])


def quantized():
    """A file that computes in bytes, for images of 8x8."""
    weights, plan = Weights(), Plan(8, 8)
    signs = lambda count: [(37 * k) % 255 - 127 for k in range(count)]
    add = plan.add
    map = lambda h, w, c, scale=0.05, zero=128: plan.tensor(h, w, c, type=QUANTIZED, scale=scale, zero=zero)
    x = add(AFFINE, [plan.input], [map(8, 8, 3)], i32(-1, -1) + activation())
    x = add(CONVOLUTION, [x], [map(8, 8, 8, zero=0)], convolution(
        weights.add_bytes((8, 3, 3, 3), signs(216), [0.004] * 8), weights.add((8,), [0.1] * 8), pad=1, act=activation(1)))
    places = plan.tensor(4, 4, 8, type=POSITIONS)
    small = add(MAX_POOL, [x], [map(4, 4, 8, zero=0), places], i32(2, 2, 2, 2, 0, 0, 1, 1))
    large = add(RESIZE, [small], [map(8, 8, 8, zero=0)], u8(0, 0, 0) + activation())
    x = add(BINARY, [x, large], [map(8, 8, 8, 0.1, 10)], u8(0) + activation())
    mean = add(ADAPTIVE_AVERAGE, [x], [plan.tensor(1, 1, 8)])
    x = add(AFFINE, [x], [plan.tensor(8, 8, 8)], i32(-1, -1) + activation(), name="dequantize")
    x = add(BINARY, [x, mean], [plan.tensor(8, 8, 8)], u8(2) + activation())
    scores = add(CONVOLUTION, [x], [plan.tensor(8, 8, 4)], convolution(
        weights.add_bytes((4, 8, 1, 1), signs(32), [0.01] * 4)))
    classes = add(CLASS_MAP, [scores], [plan.tensor(8, 8, 1, type=CLASSES)], u8(0))
    return file(description("quantized", COLORS, precision=2), weights, [plan.bytes(scores, classes)])


if __name__ == "__main__":
    makers = {"colors": colors, "operators": operators, "quantized": quantized}
    if len(sys.argv) not in (2, 3) or (len(sys.argv) == 3 and sys.argv[2] not in makers):
        sys.exit(f"usage: program_file.py FILE [{'|'.join(makers)}]")
    with open(sys.argv[1], "wb") as output:
        output.write(makers[sys.argv[2] if len(sys.argv) == 3 else "colors"]())
