"""Makes the fuzzers' corpora in the folder Corpus beside this file, of small files of every kind that the readers take.
Needs Python 3 and nothing else: python3 make_corpus.py. Files named crash-... were found by fuzzing; they stay."""
import base64
import io
import json
import pickle
import re
import struct
import sys
import types
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
CORPUS = TESTS / "FuzzTests/Corpus"


def put(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


# Pickles as PyTorch writes them, without PyTorch: only the names of its functions matter.

def fake(module, name, value):
    parent = None
    for index in range(1, module.count(".") + 2):
        path = ".".join(module.split(".")[:index])
        sys.modules.setdefault(path, types.ModuleType(path))
        if parent:
            setattr(sys.modules[parent], path.rpartition(".")[2], sys.modules[path])
        parent = path
    value.__module__, value.__qualname__ = module, name
    setattr(sys.modules[module], name, value)
    return value


def rebuild_tensor(): pass


rebuild = fake("torch._utils", "_rebuild_tensor_v2", rebuild_tensor)
STORAGES = {
    code: fake("torch", name, type(name, (), {}))
    for code, name in (("f", "FloatStorage"), ("q", "LongStorage"), ("B", "ByteStorage"), ("d", "DoubleStorage"))
}


class Storage:
    def __init__(self, code, values):
        self.code, self.count, self.bytes = code, len(values), struct.pack(f"<{len(values)}{code}", *values)


class Tensor:
    def __init__(self, code, values, shape, offset=0, strides=None):
        self.storage, self.shape, self.offset = Storage(code, values), tuple(shape), offset
        step, natural = 1, []
        for size in reversed(self.shape):
            natural.insert(0, step)
            step *= size
        self.strides = strides or tuple(natural)

    def __reduce__(self):
        return rebuild, (self.storage, self.offset, self.shape, self.strides, False, OrderedDict())


class Pickler(pickle.Pickler):
    def __init__(self, file, protocol):
        super().__init__(file, protocol)
        self.storages = []

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        if value not in self.storages:
            self.storages.append(value)
        key = str(self.storages.index(value))
        extra = () if self.protocol_is_new else (None,)
        return ("storage", STORAGES[value.code], key, "cpu", value.count, *extra)


def dump(value, protocol, is_new):
    file = io.BytesIO()
    pickler = Pickler(file, protocol)
    pickler.protocol_is_new = is_new
    pickler.dump(value)
    return file.getvalue(), pickler.storages


def legacy(value, protocol=2):
    content, storages = dump(value, protocol, False)
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, system)]
    parts += [content, pickle.dumps([str(index) for index in range(len(storages))], 2)]
    parts += [struct.pack("<q", storage.count) + storage.bytes for storage in storages]
    return b"".join(parts)


def archive(value):
    content, storages = dump(value, 2, True)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as zip:
        def write(name, data):
            zip.writestr(zipfile.ZipInfo(f"archive/{name}"), data)
        write("data.pkl", content)
        write("byteorder", b"little")
        for index, storage in enumerate(storages):
            write(f"data/{index}", storage.bytes)
        write("version", b"3\n")
    return file.getvalue()


def floats(*shape):
    count = 1
    for size in shape:
        count *= size
    return Tensor("f", [0.5 + index for index in range(count)], shape)


def safetensors(tensors):
    header, data = {"__metadata__": {"made by": "hand"}}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def checkpoints():
    weights = OrderedDict(weight=floats(2, 3), bias=floats(2), steps=Tensor("q", [7], []))
    shared = floats(4, 4)
    views = {"whole": shared, "turned": Tensor("f", [1, 2, 3, 4, 5, 6], [3, 2], 0, (1, 3)), "row": floats(3)}
    values = {"epoch": 3, "score": 0.625, "big": 2**40, "huge": 2**70, "text": "ü\n", "flags": (True, False, None),
              "data": b"\x00\xff", "members": {4}, "list": [1, [2, [3]]], "state_dict": weights}
    put("checkpoint", "weights-legacy.pth", legacy(weights))
    put("checkpoint", "weights.pth", archive(weights))
    put("checkpoint", "views-legacy.pth", legacy(views))
    put("checkpoint", "values-legacy.pth", legacy(values))
    for protocol in (3, 4, 5):
        put("checkpoint", f"values-protocol{protocol}.pth", legacy(values, protocol))
    put("checkpoint", "prefix-legacy.pth", legacy({"model": {f"module.{name}": value for name, value in weights.items()}}))
    for file in sorted((TESTS / "Fixtures/checkpoints/paddle").iterdir()):  # pickles of numpy arrays
        put("checkpoint", file.name, file.read_bytes())
    put("checkpoint", "empty.safetensors", safetensors({}))
    put("checkpoint", "tensors.safetensors", safetensors({
        "a": ("F32", [1, 2], struct.pack("<2f", 1, 2)), "b": ("BF16", [2], b"\0\0\x80\x3f"), "c": ("I64", [], b"\1" * 8),
        "d": ("U8", [0, 4], b""), "e": ("BOOL", [2], b"\0\1")}))


def training_states():
    """Of the network that FuzzTarget.swift resumes: one convolution of three channels to two."""
    model = OrderedDict({"0.weight": floats(2, 3, 1, 1), "0.bias": floats(2)})

    def state(buffers):
        group = {"lr": 0.1, "weight_decay": 0.0, "params": [0, 1]}
        optimizer = {
            "state": {0: buffers([2, 3, 1, 1]), 1: buffers([2])}, "param_groups": [group]}
        extra = {"version": 1, "epoch": 1, "step": 2, "step_in_epoch": 0, "validation_pending": False, "loss_sum": 1.5,
                 "loss_count": 2, "random_states": [Tensor("B", list(range(16)), [16])], "average": model,
                 "scaler": {"scale": 1024.0, "good_steps": 3}, "card": '{"model": "enet", "classes": ["a", "b"]}'}
        return {"cur_epoch": 0, "best_score": 0.5, "state_dict": model, "optimizer": optimizer,
                "scheduler": {"last_epoch": 2, "_last_lr": [0.1]}, "rtseg": extra}

    sgd = state(lambda shape: {"momentum_buffer": floats(*shape)})
    adam = state(lambda shape: {
        "exp_avg": floats(*shape), "exp_avg_sq": floats(*shape), "step": Tensor("f", [2.0], [])})
    put("resume", "sgd.pth", legacy(sgd))
    put("resume", "adam.pth", legacy(adam))
    put("resume", "adam-archive.pth", archive(adam))
    # Contents of a hostile file: buffers of one element, counters that are no counters.
    put("resume", "short-buffer.pth", legacy(state(lambda shape: {"momentum_buffer": floats(1)})))
    put("resume", "short-moments.pth", legacy(state(lambda shape: {
        "exp_avg": floats(1), "exp_avg_sq": floats(1), "step": Tensor("f", [2.0], [])})))
    wrong = state(lambda shape: {"momentum_buffer": floats(*shape)})
    wrong["rtseg"] |= {"step_in_epoch": -1, "loss_count": 2**63 - 1, "random_states": [floats(3)]}
    put("resume", "wrong-counters.pth", legacy(wrong))


def arrays():
    def npy(header, data, version=1):
        text = (header + "\n").encode()
        return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text + data
    header = "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }"
    put("array", "f4.npy", npy(header % ("<f4", "False", "1, 2"), struct.pack("<2f", 1, 2)))
    put("array", "i8.npy", npy(header % ("<i8", "False", "3,"), struct.pack("<3q", 1, 2, 3)))
    put("array", "scalar.npy", npy(header % ("|u1", "False", ""), b"\7"))
    put("array", "fortran.npy", npy(header % ("<f4", "True", "2, 2"), b"\0" * 16))
    put("array", "version2.npy", npy(header % ("|b1", "False", "2,"), b"\0\1", 2))


def images():
    for path in sorted((TESTS / "SegmentationImageTests/Fixtures").iterdir()):
        if path.suffix in (".png", ".jpg") and path.stat().st_size <= 2500:
            put("image", path.name, path.read_bytes())
    formats = TESTS / "SegmentationImageTests/Fixtures/formats"
    for name in ("lzw.tif", "tiles.tif", "planar_tiles.tif", "jpeg.tif", "five.tif", "five_pages.tif", "height.tif", "sparse.tif",
                 "bigtiff.tif", "big_endian.tif", "palette.tif", "fax.tif", "overview.tif", "mask.tif", "packbits.tif",
                 "float16.tif", "zstd.tif", "lossy.webp", "lossless.webp", "oriented.webp", "animation.webp", "4.bmp",
                 "565.bmp", "rle4.bmp", "rle8.bmp", "os2.bmp"):
        put("image", name, (formats / name).read_bytes())


CARD = """name: garden
root: ../garden
classes:
  - {name: path, color: [128, 64, 128]}
  - {name: lawn, color: [0, 128, 0]}
map:
  0: path
  255: lawn
  128: ignored
splits:
  train: {images: images/train, masks: masks/train}
  val: {list: val.txt}
  test: {images: images/test}
"""


def texts():
    put("card", "values.yaml", CARD)
    put("card", "colors.yaml", CARD.replace("  0: path\n  255: lawn\n  128: ignored\n",
                                            '  "#804080": path\n  "#008000": lawn\n  other: ignored\n'))
    put("card", "suffixes.yaml", CARD.replace("{images: images/test}",
                                              "{images: {folder: ., suffix: .jpg}, masks: {folder: ., suffix: _m.png}}"))
    put("card", "keys.yaml", "base: cityscapes\nbackground: ignored\ntolerance: 3\nmerge: {vehicle: [car, bus], ignored: [sky]}\n"
        "splits:\n  train:\n    - {root: day, images: i, masks: m}\n"
        "    - images: {folder: ., match: '(.*)/i/(.*)\\.png'}\n      masks: {folder: ., match: '(.*)/m/(.*)\\.png'}\n")
    put("card", "wide.yaml", CARD.replace("  255: lawn\n", "  65535: lawn\n") + "background: path\n")
    put("card", "aliases.yaml", "a: &a [1, 2]\nclasses: [*a, *a]\n<<: {map: *a}\n? [x]\n: !!int '010'\n")
    put("card", "mark.yaml", b"\xef\xbb\xbf" + CARD.encode())
    put("list", "pairs.txt", "/dev/null /dev/null\n/nowhere/a.png\t/nowhere/b.png\n# a comment\n\n")
    put("list", "stems.txt", b"\xef\xbb\xbf2007_000032\r\n2007_000033\r\n")
    put("list", "wide.txt", "/dev/null\n".encode("utf-16"))
    configs = TESTS.parent / "configs"
    for name in ("camvid-adscnet", "cityscapes-bisenetv2", "demo"):
        put("configuration", f"{name}.yaml", (configs / f"{name}.yaml").read_bytes())
    put("configuration", "empty.yaml", "# nothing\n")
    put("configuration", "extremes.yaml", "epochs: 9223372036854775807\nbatch_size: -1\nthreads: 010\nseed: 1e400\n"
        "augmentation: {crop_size: [64, 96], scale_range: [.inf, .nan], mean: [1e308, 0, 0], std: [0, -1, 1e-320]}\n")
    put("configuration", "aliases.yaml", "model: &m {name: enet}\ndata: *m\n? *m\n: 1\n")


def annotations():
    """The first letter says in whose place the rest is read: FuzzTarget+Annotations.swift."""
    fixtures = TESTS / "SegmentationDataTests/Fixtures/Annotations"
    source = (TESTS / "FuzzTests/FuzzTarget+Annotations.swift").read_text()
    files = re.findall(r'folder: "([^"]+)",\s+file: "([^"]+)"', source)
    assert len(files) == 16, files
    for number, (folder, file) in enumerate(files):
        content = (fixtures / folder / file).read_bytes()
        put("annotation", f"{folder}-{Path(file).name}".replace(" ", "-"), chr(ord("a") + number).encode() + content)
    letters = {file: chr(ord("a") + number) for number, (folder, file) in enumerate(files)}
    far = letters["annotations/scene 0.json"]
    put("annotation", "far.json", far + json.dumps({"imagePath": "../images/scene 0.png", "shapes": [
        {"label": "road", "shape_type": kind, "points": [[-9e5, -9e5], [9e5, 9e5]][:count]}
        for kind, count in (("circle", 2), ("rectangle", 2), ("line", 2), ("linestrip", 2), ("point", 1), ("polygon", 2))]}))
    put("annotation", "deep.json", letters["meta.json"] + "[" * 3000)
    put("annotation", "deep.xml", letters["annotations.xml"] + "<annotations>" * 200)
    put("annotation", "bomb.xml", letters["annotations.xml"]
        + '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><annotations>&c;</annotations>')
    put("annotation", "claims.xml", letters["annotations.xml"]
        + '<annotations><image name="one.png" width="48" height="36"><mask label="tree" left="0" top="0" width="65535" '
        'height="65535" rle="0,4294836225"/></image></annotations>')
    put("annotation", "bomb.yaml", letters["data.yaml"] + "a: &a [x, x]\nb: &b [*a, *a]\nnames: *b\n")
    put("annotation", "numbers.txt", letters["labels/train/x.txt"] + "0 10 -10 1e308 nan 0 0\n-1 0 0 1 1 0 1\n" + "9" * 40)
    coco = json.loads((fixtures / "coco/annotations/instances_val2017.json").read_text())
    for annotation in coco["annotations"]:
        counts = annotation["segmentation"]["counts"] if isinstance(annotation["segmentation"], dict) else None
        if isinstance(counts, str):
            put("bitmap", f"coco-{annotation['id']}", "a" + counts)
    for task in json.loads((fixtures / "label-studio/export.json").read_text()):
        for number, result in enumerate(r for a in task.get("annotations", []) for r in a["result"]):
            if "rle" in result.get("value", {}):
                put("bitmap", f"strokes-{task['id']}-{number}", b"b" + bytes(result["value"]["rle"]))
    for number, item in enumerate(json.loads((fixtures / "supervisely/val/ann/f.png.json").read_text())["objects"]):
        if "bitmap" in item:
            put("bitmap", f"zlib-{number}", b"c" + base64.b64decode(item["bitmap"]["data"]))
    put("bitmap", "bomb.zlib", b"c" + zlib.compress(bytes(1 << 22), 9))
    masks = 0
    for path in sorted((fixtures / "labelme/annotations").glob("*.json")):
        for shape in json.loads(path.read_text())["shapes"]:
            if shape.get("mask"):
                put("bitmap", f"mask-{masks}.png", b"d" + base64.b64decode(shape["mask"]))
                masks += 1


def programs():
    sys.path.insert(0, str(TESTS / "RuntimeChecks"))
    import program_file

    put("program", "colors.rtseg", program_file.colors())
    put("program", "operators.rtseg", program_file.operators())
    put("program", "quantized.rtseg", program_file.quantized())
    put("program", "newer.rtseg", program_file.file(b"", program_file.Weights(), [], version=3))
    put("program", "nothing.rtseg", b"RTSEGNET")


def networks():
    fixtures = TESTS / "SegmentationExchangeTests/Fixtures"
    for name in ("networks/metadata", "networks/functions", "networks/classes", "networks/pixels", "networks/probability",
                 "operators/quantized_int8", "operators/if_constant", "operators/shape_arithmetic", "operators/attention",
                 "operators/einsum", "operators/group_norm_of_pytorch", "operators/gelu_of_torchscript",
                 "operators/resize_to_another", "operators/max_unpool", "operators/slice_steps", "operators/pad_reflect"):
        put("onnx", f"{Path(name).name}.onnx", (fixtures / f"{name}.onnx").read_bytes())


def shards():
    fixtures = TESTS / "SegmentationDataTests/Fixtures/shards"
    for name in ("python-pax", "python-gnu", "gnu-v7", "gnu-posix"):
        content = (fixtures / f"{name}.tar").read_bytes().rstrip(b"\0")
        content += b"\0" * (-len(content) % 512)
        # The first members, or the last ones with their long names, so that the end mark is there too.
        put("shard", f"{name}.tar", content[:7168] + b"\0" * 1024)
        put("shard", f"{name}-end.tar", content[-7168:] + b"\0" * 1024)
    put("shard", "index.idx", "v1.2 2\npng 512 10 a.png seg.png 1536 20 a.seg.png\njpg 2560 1 b%20c.jpg\n")
    put("shard", "wrong.idx", "v1.2 1\n% 512 99999999999999999999 %\n")
    put("shard", "gzip.tar", b"\x1f\x8b\x08\0")


for folder in CORPUS.glob("*"):
    for path in folder.iterdir():
        if not path.name.startswith("crash-"):
            path.unlink()
checkpoints()
training_states()
arrays()
images()
texts()
annotations()
programs()
networks()
shards()
files = [path for path in CORPUS.rglob("*") if path.is_file()]
print(f"{len(files)} files, {sum(path.stat().st_size for path in files)} bytes")
