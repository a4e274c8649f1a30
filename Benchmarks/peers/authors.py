"""Networks from their authors' repositories, run from checkouts of these, never downloading.

Each checkout has the repository's name and lies beside the checkout of the PyTorch reference. GCNet and RDRNet come from
GCNet's repository and need the packages mmengine and mmcv-lite.
"""
import importlib
import importlib.util
import sys
import types

import torch
import torch.nn.functional as F
from torch import nn


def checkout(folder, name):
    """The checkout of a repository, which has its name, perhaps behind its owner's (OWNER+NAME)."""
    return next((found for found in folder.glob(f"*+{name}")), folder / name)


def package(name, folder, **members):
    """A package whose modules are those of a folder, without running the package's own code."""
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = [str(folder)]
    module.__dict__.update(members)
    return module


def resized(scores, images, align_corners):
    return F.interpolate(scores, images.shape[2:], mode="bilinear", align_corners=align_corners)


def returning(model, scores):
    """The network with another result: `scores` makes the main scores and a list of the heads' outputs of what the network
    returns and of the images. The list is returned if `is_training` is true."""

    class Returning(type(model)):
        def forward(self, images, is_training=False):
            main, others = scores(super().forward(images), images)
            return (main, others) if is_training else main

    model.__class__ = Returning
    return model


def pidnet(checkouts, variant, classes, auxiliary):
    """https://github.com/XuJiacong/PIDNet; as in its training code, scores are resized with aligned corners."""
    package("pidnet_models", checkout(checkouts, "PIDNet") / "models")
    module = importlib.import_module("pidnet_models.pidnet")
    width, (shallow, deep) = 32 if variant == "s" else 64, (3, 4) if variant == "l" else (2, 3)
    model = module.PIDNet(
        m=shallow, n=deep, num_classes=classes, planes=width, ppm_planes=112 if variant == "l" else 96,
        head_planes=256 if variant == "l" else 128, augment=auxiliary)

    def scores(outputs, images):
        detail, main, boundaries = outputs if auxiliary else (None, outputs, None)
        main = resized(main, images, True)
        return main, [resized(detail, images, True), boundaries] if auxiliary else []

    return returning(model, scores)


def dsnet(checkouts, variant, classes, auxiliary):
    """https://github.com/takaniwa/DSNet"""
    sys.modules.setdefault("thop", types.SimpleNamespace(profile=None))
    package("dsnet_models", checkout(checkouts, "DSNet") / "models")
    module = importlib.import_module("dsnet_models.dsnet")
    is_base = variant == "base"
    model = module.DSNet(
        m=2, n=3 if is_base else 2, num_classes=classes, planes=64 if is_base else 32,
        name="m" if is_base else variant.replace("head", "s"), augment=auxiliary)

    def scores(outputs, images):
        return (outputs[1], [outputs[0], outputs[2]]) if auxiliary else (outputs, [])

    return returning(model, scores)


def fchardnet(checkouts, variant, classes, auxiliary):
    """https://github.com/PingoLH/FCHarDNet"""
    sys.modules.setdefault("CatConv2d", types.SimpleNamespace())
    sys.modules.setdefault("CatConv2d.catconv2d", types.SimpleNamespace(CatConv2d=None))
    package("fchardnet_models", checkout(checkouts, "FCHarDNet") / "ptsemseg/models")
    model = importlib.import_module("fchardnet_models.hardnet").hardnet(classes)
    return returning(model, lambda output, images: (output, []))


def dualresnet(checkouts, variant, classes, auxiliary):
    """https://github.com/ydhongHIT/DDRNet; its readme asks for resizing without aligned corners everywhere."""
    package("dualresnet_models", checkout(checkouts, "DDRNet") / "segmentation")
    module = importlib.import_module(
        "dualresnet_models." + {"23slim": "DDRNet_23_slim", "23": "DDRNet_23", "39": "DDRNet_39"}[variant])
    module.BatchNorm2d = nn.BatchNorm2d  # the synchronized one runs on GPUs alone
    model = module.DualResNet(
        module.BasicBlock, [3, 4, 6, 3] if variant == "39" else [2, 2, 2, 2], num_classes=classes,
        planes=32 if variant == "23slim" else 64, spp_planes=128,
        head_planes={"23slim": 64, "23": 128, "39": 256}[variant], augment=auxiliary)

    def scores(outputs, images):
        main, others = (outputs[0], [outputs[1]]) if auxiliary else (outputs, [])
        return resized(main, images, False), [resized(other, images, False) for other in others]

    return returning(model, scores)


class EncoderDecoder(nn.Module):
    """mmsegmentation's network of a backbone and a head, of which only the names matter here."""

    def __init__(self, backbone, decode_head):
        super().__init__()
        self.backbone = backbone
        self.decode_head = decode_head

    def forward(self, images, is_training=False):
        # The two give the auxiliary scores if they themselves are in training mode.
        self.backbone.training = self.decode_head.training = is_training
        result = self.decode_head(self.backbone(images))
        if not is_training:
            return resized(result, images, False)
        main, auxiliary = result if hasattr(self.decode_head, "aux_head") else result[::-1]
        return resized(main, images, False), [resized(auxiliary, images, False)]


def import_mmseg(root, module):
    """A module of mmsegmentation from a checkout, without the many others that its packages import."""
    if "mmseg" not in sys.modules:
        folder = root / "mmseg"
        package("mmseg", folder)
        package("mmseg.utils", folder / "utils", ConfigType=None, OptConfigType=dict, SampleList=None)
        package("mmseg.structures", folder / "structures", build_pixel_sampler=None)
        package("mmseg.models", folder / "models")
        package("mmseg.models.losses", folder / "models/losses", accuracy=None)
        package("mmseg.models.decode_heads", folder / "models/decode_heads")
        package("mmseg.models.backbones", folder / "models/backbones")
        utils = package("mmseg.models.utils", folder / "models/utils")
        for name in ("wrappers", "basic_block", "ppm"):
            utils.__dict__.update(vars(importlib.import_module(f"mmseg.models.utils.{name}")))
    return importlib.import_module(f"mmseg.models.{module}")


def mmsegmentation(checkouts, backbone, head, auxiliary):
    """A network of GCNet's checkout. Backbone and head are a module, a class and its arguments each."""
    root = checkout(checkouts, "GCNet") / "mmsegmentation"
    parts = [getattr(import_mmseg(root, module), name)(**arguments) for module, name, arguments in (backbone, head)]
    if not auxiliary:
        for name in ("aux_head", "aux_cls_seg", "aux_head_c4", "aux_cls_seg_c4"):
            if hasattr(parts[1], name):
                delattr(parts[1], name)
    return EncoderDecoder(*parts)


def rdrnet(checkouts, variant, classes, auxiliary):
    """https://github.com/gyyang23/RDRNet; the same file is in GCNet's repository."""
    width, norm = 32 if variant.startswith("s") else 64, {"type": "BN", "requires_grad": True}
    deep = [6, 5, [7, 6], [7, 6], [2, 2]] if variant == "l" else [4, 3, [5, 4], [5, 4], [1, 1]]
    return mmsegmentation(
        checkouts,
        ("backbones.rdrnet", "RDRNet", {"channels": width, "ppm_channels": 128, "num_blocks_per_stage": deep}),
        ("decode_heads.ddr_head", "DDRHead", {
            "in_channels": 4 * width, "channels": {"s-simple": 64, "l": 256}.get(variant, 128), "dropout_ratio": 0,
            "num_classes": classes, "norm_cfg": norm, "loss_decode": ()}),
        auxiliary)


def gcnet(checkouts, variant, classes, auxiliary):
    """https://github.com/gyyang23/GCNet"""
    width = 32 if variant == "s" else 64
    deep = [5, 5, [5, 5], [5, 5], [3, 3]] if variant == "l" else [4, 4, [5, 4], [5, 4], [2, 2]]
    return mmsegmentation(
        checkouts,
        ("backbones.gcnet", "GCNet", {"channels": width, "ppm_channels": 128, "num_blocks_per_stage": deep}),
        ("decode_heads.gcnet_head", "GCNetHead", {
            "in_channels": 4 * width, "channels": {"s": 64, "m": 128, "l": 256}[variant], "dropout_ratio": 0,
            "num_classes": classes, "loss_decode": ()}),
        auxiliary)


FAMILIES = {
    "dsnet": dsnet, "dualresnet": dualresnet, "fchardnet": fchardnet, "gcnet": gcnet, "pidnet": pidnet, "rdrnet": rdrnet,
}


def make_model(checkouts, network, classes, auxiliary):
    """The original of a network of the catalogue, with random weights.

    checkouts: the folder of the checkouts.
    auxiliary: whether it has the heads that serve training alone.
    """
    family, _, variant = network.partition("-")
    with torch.no_grad():
        return FAMILIES[family](checkouts, variant, classes, auxiliary)
