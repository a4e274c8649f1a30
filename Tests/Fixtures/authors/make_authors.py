"""Writes the names and shapes of the tensors in checkpoints of networks' authors, and outputs of parts of their networks.

    python make_authors.py CHECKOUTS

CHECKOUTS is a folder with checkouts of the authors' repositories, each named OWNER+NAME. Their own code builds the
networks on PyTorch; that of PaddleSeg does so through a small stand-in for Paddle with Paddle's names. NAME.txt has a
tensor's name and its sizes on each line. parts.json has, for parts that the catalogue's networks have too, the first
values of their outputs in evaluation mode, for weights and inputs by the formula of Tests/TestSupport/Formula.swift.
"""
import contextlib
import importlib
import importlib.util
import json
import os
import pathlib
import sys
import types

import numpy
import torch
import torch.utils.model_zoo
from torch import nn

checkouts = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
parts = {}


def bits(key, count, seed=1):
    """24 random bits for each element."""
    state = 0xCBF29CE484222325
    for byte in key.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(state ^ seed) + (numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(1)) * numpy.uint64(
            0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return (z ^ (z >> numpy.uint64(31))) >> numpy.uint64(40)


def unit(key, count):
    return bits(key, count).astype(numpy.float32) * numpy.float32(2**-23) - numpy.float32(1)


def fill(key, tensor):
    if not tensor.is_floating_point():
        return torch.zeros_like(tensor)
    u = unit(key, tensor.numel())
    if key.endswith(("running_var", "_variance")):
        u = 1 + numpy.float32(0.25) * u
    elif key.endswith(("running_mean", "_mean", "bias")):
        u = numpy.float32(0.1) * u
    elif tensor.dim() >= 2:
        u = u * numpy.float32((3 / (tensor.numel() / len(tensor))) ** 0.5)
    else:
        u = 1 + numpy.float32(0.1) * u
    return torch.from_numpy(u).reshape(tensor.shape)


@contextlib.contextmanager
def importing(repository, folder):
    """Imports from a checkout, without modules of the same names elsewhere."""
    before = set(sys.modules)
    sys.path.insert(0, os.path.join(checkouts, repository, folder))
    try:
        yield importlib.import_module
    finally:
        sys.path.pop(0)
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(os.path.abspath(checkouts)):
                del sys.modules[name]


class StandIn(types.ModuleType):
    """A module that has whatever is asked for."""

    def __getattr__(self, name):
        if name.startswith("__"): raise AttributeError(name)
        return type(name, (), {"__init__": lambda *_, **__: None})


def stand_in(name, **members):
    module = sys.modules[name] = StandIn(name)
    module.__dict__.update(members)
    module.__path__ = []
    return module


def write(name, network, **compared):
    """Writes a network's names; `compared` has the names here of parts, and of each the author's name and its inputs' channels."""
    network.eval()
    state = network.state_dict()
    # A layer that has several names gets the values of the first.
    first = {}
    network.load_state_dict({key: fill(first.setdefault(tensor.data_ptr(), key), tensor) for key, tensor in state.items()})
    with open(os.path.join(here, name + ".txt"), "w") as file:
        for key, tensor in state.items():
            print(key, *tensor.shape, file=file)
    for own, (author, channels) in compared.items():
        own = own.replace("__", ".")
        image = torch.from_numpy(2 * unit("input", channels * 32 * 32)).reshape(1, channels, 32, 32)
        with torch.no_grad():
            values = network.get_submodule(author)(image).flatten()
        parts.setdefault(name, []).append(
            {"name": own, "channels": channels, "count": values.numel(), "values": [round(float(x), 6) for x in values[:32]]})


for variant, file, width in [
        ("ddrnet-23slim", "DDRNet_23_slim", 32), ("ddrnet-23", "DDRNet_23", 64), ("ddrnet-39", "DDRNet_39", 64)]:
    with importing("ydhongHIT+DDRNet", "segmentation") as module:
        network = module(file).get_seg_model(None)
    network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for name, layer in list(network.named_modules()):
        if isinstance(layer, nn.SyncBatchNorm):  # it runs on GPUs alone
            parent = network.get_submodule(name.rpartition(".")[0])
            parent._modules[name.rpartition(".")[2]] = nn.BatchNorm2d(layer.num_features)
    write(variant, network, conv3__conv__0=("layer2.0", width), conv4__low_conv1__0=("layer3_1.0" if "39" in variant else "layer3.0", 2 * width))

with importing("CoinCheung+BiSeNet", "lib") as module:
    torch.utils.model_zoo.load_url = lambda url: {}
    network = module("models.bisenetv2").BiSeNetV2(19)
    write("bisenetv2", network, detail_branch__0=("detail.S1.0", 3), semantic_branch__stage1to2=("segment.S1S2", 3))
    module("models.resnet").Resnet18.init_weight = lambda self: None
    network = module("models.bisenetv1").BiSeNetV1(19)
    write("bisenetv1-resnet18", network, context_path__backbone__layer2=("cp.resnet.layer2", 64))

with importing("MichaelFan01+STDC-Seg", "") as module:
    class Normalization(nn.BatchNorm2d):
        def __init__(self, channels, activation): super().__init__(channels)

    stand_in("modules")
    stand_in("modules.bn", InPlaceABNSync=Normalization)
    for variant, backbone in [("stdc-stdc1", "STDCNet813"), ("stdc-stdc2", "STDCNet1446")]:
        network = module("models.model_stages").BiSeNet(backbone, 19)
        write(variant, network, stage1=("cp.backbone.features.0", 3), stage3__1=("cp.backbone.features.3", 256))

with importing("RolandGao+RegSeg", "") as module:
    stand_in("competitor_blocks", BiseNetDecoder=None, SFNetDecoder=None, FaPNDecoder=None)
    stand_in("benchmark", benchmark_eval=None, benchmark_train=None, benchmark_memory=None)
    write("regseg", module("model").RegSeg("exp48_decoder26", 19), conv_init=("stem", 3), decoder__conv_d8_stage2=("decoder.conv8", 128))

with importing("Eromera+erfnet_pytorch", "train") as module:
    write("erfnet", module("erfnet").Net(19))

with importing("davidtvs+PyTorch-ENet", "models") as module:
    write("enet", module("enet").ENet(19))

with importing("Tramac+Fast-SCNN-pytorch", "models") as module:
    write("fastscnn", module("fast_scnn").FastSCNN(19))


class PaddleNorm(nn.Module):
    """Batch normalization with Paddle's names."""

    def __init__(self, channels, data_format="NCHW", weight_attr=None, bias_attr=None):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("_mean", torch.zeros(channels))
        self.register_buffer("_variance", torch.ones(channels))

    def forward(self, x):
        return nn.functional.batch_norm(x, self._mean, self._variance, self.weight, self.bias)


class PaddleConv(nn.Conv2d):
    def __init__(self, *arguments, bias_attr=None, weight_attr=None, **named):
        super().__init__(*arguments, bias=bias_attr is not False, **named)


nn.Module.create_parameter = lambda self, shape, **_: nn.Parameter(torch.zeros(shape))
nn.Module.sublayers = lambda self: list(self.modules())[1:]
paddle_nn = stand_in(
    "paddle.nn", Layer=nn.Module, Conv2D=PaddleConv, BatchNorm2D=PaddleNorm, BatchNorm=PaddleNorm, SyncBatchNorm=PaddleNorm,
    Sequential=nn.Sequential, LayerList=nn.ModuleList, ReLU=nn.ReLU, AvgPool2D=nn.AvgPool2d,
    AdaptiveAvgPool2D=nn.AdaptiveAvgPool2d, MaxPool2D=nn.MaxPool2d)
paddle_nn.functional = stand_in("paddle.nn.functional")
paddle_nn.initializer = stand_in("paddle.nn.initializer")
stand_in(
    "paddle", nn=paddle_nn, concat=lambda tensors, axis: torch.cat(tensors, axis), get_device=lambda: "cpu", distributed=stand_in("paddle.distributed"),
    autograd=types.SimpleNamespace(PyLayer=object))
component = types.SimpleNamespace(add_component=lambda part: part)
stand_in("paddleseg", utils=stand_in("paddleseg.utils", utils=None))
stand_in(
    "paddleseg.cvlibs", manager=types.SimpleNamespace(MODELS=component, BACKBONES=component),
    param_init=types.SimpleNamespace(normal_init=lambda *_, **__: None, constant_init=lambda *_, **__: None))
folder = os.path.join(checkouts, "PaddlePaddle+PaddleSeg", "paddleseg", "models")
layers = stand_in("paddleseg.models.layers", Activation=lambda name: nn.ReLU())
stand_in("paddleseg.models", layers=layers)


def execute(name, file):
    module = stand_in(name)
    exec(compile(open(os.path.join(folder, file)).read(), file, "exec"), module.__dict__)
    return module


layers.__dict__.update(execute("paddleseg.models.layers.layer_libs", "layers/layer_libs.py").__dict__)
stand_in("paddleseg.models.layers.tensor_fusion_helper")
layers.tensor_fusion_helper = sys.modules["paddleseg.models.layers.tensor_fusion_helper"]
layers.__dict__.update(execute("paddleseg.models.layers.tensor_fusion", "layers/tensor_fusion.py").__dict__)
backbones = execute("paddleseg.models.backbones.stdcnet", "backbones/stdcnet.py")
pp_liteseg = execute("paddleseg.models.pp_liteseg", "pp_liteseg.py")
for variant, backbone, arms, heads in [
        ("ppliteseg-stdc1", "STDC1", [32, 64, 128], [32, 64, 64]), ("ppliteseg-stdc2", "STDC2", [64, 96, 128], [64, 64, 64])]:
    network = pp_liteseg.PPLiteSeg(19, getattr(backbones, backbone)(), arm_out_chs=arms, seg_head_inter_chs=heads)
    write(variant, network, encoder__encoder__stage1=("backbone.features.0", 3), encoder__encoder__stage3__1=("backbone.features.3", 256))

# Networks whose blocks become single convolutions after training; mmsegmentation's package needs mmengine and mmcv-lite.
spec = importlib.util.spec_from_file_location(
    "peers_authors", os.path.join(here, "..", "..", "..", "Benchmarks", "peers", "authors.py"))
peers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peers)
for variant in ("gcnet-s", "rdrnet-s"):
    network = peers.make_model(pathlib.Path(checkouts), variant, 19, auxiliary=False).eval()
    network.backbone.switch_to_deploy()
    write(variant + "-deployed", network)

with open(os.path.join(here, "parts.json"), "w") as file:
    json.dump(parts, file, indent=0)
