#!/usr/bin/env python3
"""Makes alignment.safetensors and alignment.json: the semantic information alignment of SCTNet, by its authors' own code.

    python make_alignment.py CHECKOUT

CHECKOUT is a checkout of https://github.com/xzz777/SCTNet. Its VitGuidanceHead and its AlignmentLoss run as they are, on random
maps in the place of the two networks' and on a small decoder with the layers of SegFormer's. The authors count all pixels; for
a part of them, their ChannelWiseDivergence is given that part of each image. Made with torch 2.13.0 in float64.
"""
import importlib.util
import json
import pathlib
import sys
import types
from unittest.mock import MagicMock

import torch
from safetensors.torch import save_file

checkout = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent


class Registry:
    """Takes the place of mmsegmentation's lists of classes."""

    @staticmethod
    def register_module():
        return lambda kind: kind


def stand_in(name, **contents):
    sys.modules[name] = MagicMock(**contents)
    sys.modules[name].__path__ = []


# The two files import these from mmsegmentation and mmcv; the functions that run here do not need them.
for name in ("mmcv", "mmcv.cnn", "mmcv.cnn.bricks", "mmcv.cnn.bricks.drop", "mmcv.cnn.utils", "mmcv.cnn.utils.weight_init",
             "mmseg", "mmseg.models", "mmseg.models.utils", "mmseg.models.losses", "mmseg.models.decode_heads", "mmseg.ops"):
    stand_in(name)
stand_in("mmcv.runner", BaseModule=torch.nn.Module, force_fp32=lambda **options: lambda function: function)
stand_in("mmcv.cnn.bricks.transformer", MultiheadAttention=torch.nn.Module)
stand_in("mmseg.models.builder", HEADS=Registry, LOSSES=Registry, BACKBONES=Registry)
stand_in("mmseg.models.decode_heads.decode_head", BaseDecodeHead=torch.nn.Module)


def original(name):
    spec = importlib.util.spec_from_file_location(f"mmseg.models.{name}", checkout / f"mmseg/models/{name.replace('.', '/')}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VitGuidanceHead = original("decode_heads.vit_guidance_head").VitGuidanceHead
losses = original("losses.alignment_loss")

torch.set_default_dtype(torch.float64)
torch.manual_seed(13)
IMAGES, HEIGHT, WIDTH, CLASSES, FEATURES = 2, 64, 96, 3, 5
channels = {"student": {"joined": 6, "sixteenth": 4, "deepest": 7}, "teacher": {"joined": 8, "sixteenth": 5, "deepest": 6}}
strides = {"student": {"joined": 8, "sixteenth": 16, "deepest": 32}, "teacher": {"joined": 4, "sixteenth": 16, "deepest": 32}}


def as_float32(values):
    """A tensor's or a module's numbers as float32 has them, so that both sides begin with the same."""
    return values.float().double()


maps = {
    side: {
        name: as_float32(torch.randn(IMAGES, count, HEIGHT // strides[side][name], WIDTH // strides[side][name]) * 3 + 1)
        for name, count in channels[side].items()
    }
    for side in channels
}
adapters = {
    name: as_float32(torch.nn.Conv2d(channels["student"][name], channels["teacher"][name], 1))
    for name in channels["student"]
}
norm = torch.nn.BatchNorm2d(FEATURES)
for values, low, high in ((norm.weight, 0.5, 2), (norm.bias, -1, 1), (norm.running_mean, -1, 1), (norm.running_var, 0.5, 4)):
    torch.nn.init.uniform_(values, low, high)
fuse = as_float32(torch.nn.Sequential(
    torch.nn.Conv2d(channels["teacher"]["joined"], FEATURES, 1, bias=False), norm, torch.nn.ReLU())).eval()
classifier = as_float32(torch.nn.Conv2d(FEATURES, CLASSES, 1))
tensors = {f"{side}.{name}": tensor for side in maps for name, tensor in maps[side].items()}
for name, module in (*adapters.items(), ("fuse", fuse), ("classifier", classifier)):
    tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}


class Teacher(torch.nn.Module):
    """SegFormer's decoder from the joined map on, with the names and results of the authors' SegformerHead."""

    def __init__(self):
        super().__init__()
        self.fusion_conv, self.cls_seg = fuse, classifier

    def forward(self, levels):
        features = fuse(maps["teacher"]["joined"])
        return features, classifier(features), maps["teacher"]["joined"]


class Backbone(torch.nn.Module):
    """The maps of SegFormer's encoder. Only the size of the first one is looked at, and the second one is not used."""

    def forward(self, images):
        return maps["teacher"]["joined"], None, maps["teacher"]["sixteenth"], maps["teacher"]["deepest"]


def compared(student):
    """The scores, the features, and the maps at 1/32 and 1/16 of the teacher and of the student, which the authors compare."""
    head = types.SimpleNamespace(
        _transform_inputs=lambda inputs: inputs, teacher_backbone=Backbone(), teacher_head=Teacher().eval(),
        feature_transforms=adapters["joined"], convstage4=adapters["deepest"], convstage3=adapters["sixteenth"],
        inter_transform_type="linear")
    head.align_scale = types.MethodType(VitGuidanceHead.align_scale, head)
    inputs = [None, [student["joined"], student["deepest"], student["sixteenth"]]]
    return VitGuidanceHead.forward(head, inputs, None, None)


masks = {stride: torch.rand(IMAGES, 1, HEIGHT // stride, WIDTH // stride) > 0.4 for stride in (4, 16, 32)}
masks[32][1] = False
tensors |= {f"counted.{stride}": mask.double() for stride, mask in masks.items()}


def masked(pair, weights=(3, 15, 15, 15)):
    total = 0
    for weight, stride, wanted, found in zip(weights, (4, 4, 32, 16), *pair):
        for image in range(IMAGES):
            keep = masks[stride][image, 0]
            if keep.any():
                parts = (map[image][:, keep][None, :, None] for map in (wanted, found))
                total = total + weight * losses.ChannelWiseDivergence(*parts) / IMAGES
    return total


values = {}
for case, loss in (("all", losses.AlignmentLoss(loss_weight=[3, 15, 15, 15])), ("labelled", masked)):
    student = {name: map.clone().requires_grad_() for name, map in maps["student"].items()}
    for adapter in adapters.values():
        adapter.zero_grad()
    value = loss(compared(student))
    value.backward()
    values[case] = value.item()
    for name, map in student.items():
        tensors[f"{case}/student.{name}"] = map.grad
        for key, parameter in adapters[name].named_parameters():
            tensors[f"{case}/{name}.{key}"] = parameter.grad.clone()

tensors = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
save_file(
    {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()},
    here / "alignment.safetensors")
(here / "alignment.json").write_text(json.dumps(values, indent=1, sort_keys=True) + "\n")
