"""Originals of networks that the checkout of the PyTorch reference does not have, never downloading.

Each comes from a package, or from a checkout of its authors' repository beside that of the reference, in a folder of the
repository's name:

    for name in mit-han-lab/efficientvit open-mmlab/mmsegmentation hustvl/TopFormer xzz777/SCTNet; do
      git clone https://github.com/$name .fixtures/$(basename $name)
    done
    .fixtures/bin/pip install mmengine-lite mmcv-lite==2.1.0

Stochastic depth is left out, since fixtures compare numbers in training, too.
"""
import importlib
import importlib.util
import runpy
import sys
import types
from unittest.mock import MagicMock

import torch
import torch.nn.functional as F


def returning(model, choose):
    """The network with another result, which `choose` makes of the one that it returns and of the images."""

    class Chosen(type(model)):
        def forward(self, x):
            return choose(super().forward(x), x)

    model.__class__ = Chosen
    return model


def resized(scores, images):
    return F.interpolate(scores, images.shape[2:], mode="bilinear", align_corners=False)


def import_from(checkout, module, absent=()):
    """A module of a checkout.

    absent: modules that it imports and that the network does not need. Others that are not installed are left out, too, and
    only while it is imported, since torch.compile asks whether some of them are there.
    """
    sys.path.insert(0, str(checkout))
    for name in absent:
        sys.modules.setdefault(name, MagicMock())
    left_out = []
    try:
        while True:
            try:
                return importlib.import_module(module)
            except ModuleNotFoundError as missing:
                if missing.name.split(".")[0] == module.split(".")[0]:
                    raise
                left_out.append(missing.name)
                sys.modules[missing.name] = MagicMock()
    finally:
        for name in left_out:
            sys.modules.pop(name, None)


def efficientvit(checkouts, variant, classes, auxiliary):
    """https://github.com/mit-han-lab/efficientvit"""
    seg = import_from(
        checkouts / "efficientvit", "efficientvit.models.efficientvit.seg",
        ["efficientvit.apps", "efficientvit.apps.trainer", "efficientvit.apps.trainer.run_config"])
    model = getattr(seg, f"efficientvit_seg_{variant}")("cityscapes")
    last = model.head.output_ops[0].op_list[-1]
    last.conv = torch.nn.Conv2d(last.conv.in_channels, classes, 1)
    return returning(model, resized)


def lraspp(checkouts, variant, classes, auxiliary):
    """torchvision"""
    from torchvision.models import mobilenetv3
    from torchvision.models.segmentation.lraspp import _lraspp_mobilenetv3

    backbone = getattr(mobilenetv3, variant)(weights=None, dilated=True)
    return returning(_lraspp_mobilenetv3(backbone, classes), lambda result, images: result["out"])


def dpt(checkouts, variant, classes, auxiliary):
    """segmentation_models.pytorch on timm's Vision Transformer. The position codes are resized in their own precision, and not
    always in float32."""
    import segmentation_models_pytorch
    from timm.models import vision_transformer

    resample = vision_transformer.resample_abs_pos_embed

    def precisely(codes, **options):
        if codes.dtype == torch.float32:
            return resample(codes, **options)
        float32, torch.Tensor.float = torch.Tensor.float, lambda tensor: tensor
        try:
            return resample(codes, **options)
        finally:
            torch.Tensor.float = float32

    vision_transformer.resample_abs_pos_embed = precisely
    return segmentation_models_pytorch.create_model(
        "dpt", f"tu-{variant}", encoder_weights=None, classes=classes, dynamic_img_size=True)


# MARK: - OpenMMLab's


class Segmentor(torch.nn.Module):
    """A network of mmsegmentation by its parts."""

    def __init__(self, backbone, head, auxiliary=None):
        super().__init__()
        self.backbone, self.decode_head = backbone, head
        if auxiliary is not None:
            self.auxiliary_head = torch.nn.ModuleList([auxiliary])

    def forward(self, x, is_training=False):
        features = self.backbone(x)
        scores = self.decode_head(features)
        # Some heads return a list, or their features before the scores.
        scores = resized(scores[-1] if isinstance(scores, (list, tuple)) else scores, x)
        return (scores, [head(features) for head in self.auxiliary_head]) if is_training else scores


def module(name, **contents):
    """Puts a module in the place of one that is elsewhere in other versions of a library."""
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(contents)


def import_mmseg(checkouts):
    """mmsegmentation 1.2, https://github.com/open-mmlab/mmsegmentation"""
    import_from(checkouts / "mmsegmentation", "mmseg.models", ["mmcv.ops"])
    import mmengine.model
    import mmseg.models.utils
    import mmseg.utils

    # What networks import that were written for version 0.
    mmseg.utils.get_root_logger = None
    module("mmseg.ops", resize=mmseg.models.utils.resize)
    module("mmcv.runner", BaseModule=mmengine.model.BaseModule, _load_checkpoint=None)
    module("mmcv.cnn.utils.weight_init", **{
        name: getattr(mmengine.model, name)
        for name in ("constant_init", "kaiming_init", "normal_init", "trunc_normal_init")})


def import_into_mmseg(checkout, name):
    """A file of a checkout as a module of mmsegmentation's package `models`."""
    spec = importlib.util.spec_from_file_location(
        f"mmseg.models.{name}", checkout / "mmseg/models" / (name.replace(".", "/") + ".py"))
    result = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = result
    spec.loader.exec_module(result)
    return result


def segnext(checkouts, variant, classes, auxiliary):
    import_mmseg(checkouts)
    from mmseg.models.backbones.mscan import MSCAN
    from mmseg.models.decode_heads import ham_head

    class Network(Segmentor):
        def forward(self, x):
            ham_head.NMF2D.like = x
            return super().forward(x)

    def bases(self, images, groups, channels, rank, device=None):
        """Those of RTSeg, in place of random ones."""
        index = torch.arange(channels * rank, dtype=torch.float64)
        spread = index * index * 0.6180339887498949
        fixed = (spread - spread.floor()).reshape(1, channels, rank)
        fixed = fixed / (fixed * fixed).sum(1, keepdim=True).sqrt()
        return fixed.repeat(images * groups, 1, 1).to(ham_head.NMF2D.like)

    ham_head.NMF2D._build_bases = bases
    channels = [32, 64, 160, 256] if variant == "t" else [64, 128, 320, 512]
    blocks = {"t": [3, 3, 5, 2], "s": [2, 2, 4, 2], "b": [3, 3, 12, 3]}[variant]
    width = 512 if variant == "b" else 256
    backbone = MSCAN(embed_dims=channels, mlp_ratios=[8, 8, 4, 4], depths=blocks, norm_cfg={"type": "BN"})
    head = ham_head.LightHamHead(
        in_channels=channels[1:], in_index=[1, 2, 3], channels=width, ham_channels=width, dropout_ratio=0.1,
        num_classes=classes, norm_cfg={"type": "GN", "num_groups": 32}, align_corners=False,
        ham_kwargs={"MD_S": 1, "MD_R": 16, "train_steps": 6, "eval_steps": 7, "inv_t": 100, "rand_init": True})
    return Network(backbone, head)


def topformer(checkouts, variant, classes, auxiliary):
    """https://github.com/hustvl/TopFormer"""
    import_mmseg(checkouts)
    checkout = checkouts / "TopFormer"
    name = {"t": "tiny", "s": "small", "b": "base"}[variant]
    model = runpy.run_path(str(checkout / f"local_configs/topformer/topformer_{name}.py"))["model"]
    options = {key: value for key, value in model["backbone"].items() if key not in ("type", "init_cfg")}
    options |= {"drop_path_rate": 0, "norm_cfg": {"type": "BN"}}
    backbone = import_into_mmseg(checkout, "backbones.topformer").Topformer(**options)
    options = {key: value for key, value in model["decode_head"].items() if key not in ("type", "loss_decode")}
    options |= {"num_classes": classes, "norm_cfg": {"type": "BN"}}
    return Segmentor(backbone, import_into_mmseg(checkout, "decode_heads.simple_head").SimpleHead(**options))


def ppmobileseg(checkouts, variant, classes, auxiliary):
    """The project pp_mobileseg of mmsegmentation"""
    import_mmseg(checkouts)
    import mmengine.registry
    from projects.pp_mobileseg.backbones import strideformer
    from projects.pp_mobileseg.decode_head.pp_mobileseg_head import PPMobileSegHead

    mmengine.registry.MODELS.register_module(name="Hardsigmoid", module=strideformer.Hardsigmoid, force=True)
    configs = checkouts / "mmsegmentation/projects/pp_mobileseg/configs"
    file = (
        configs / "_base_/models/pp_mobile.py" if variant == "b"
        else configs / "pp_mobileseg/pp_mobileseg_mobilenetv3_2x16_80k_ade20k_512x512_tiny.py")
    options = dict(runpy.run_path(str(file))["model"]["backbone"], drop_path_rate=0)
    options = {key: value for key, value in options.items() if key not in ("type", "init_cfg")}
    return Segmentor(strideformer.StrideFormer(**options), PPMobileSegHead(classes, 256))


def sctnet(checkouts, variant, classes, auxiliary):
    """https://github.com/xzz777/SCTNet"""
    import_mmseg(checkouts)
    checkout = checkouts / "SCTNet"
    synchronized, torch.nn.SyncBatchNorm = torch.nn.SyncBatchNorm, torch.nn.BatchNorm2d
    try:
        files = ["backbones.sctnet", "decode_heads.sct_head", "decode_heads.sct_head_auxiliary"]
        net, head, other = (import_into_mmseg(checkout, name) for name in files)
        width = 32 if variant == "s" else 64
        backbone = net.SCTNet(
            base_channels=width, spp_channels=2 * width, drop_path_rate=0, init_cfg=types.SimpleNamespace(type=None))

        def make(kind, channels, index):
            return kind(
                in_channels=channels, channels=channels, in_index=index, dropout_ratio=0, num_classes=classes,
                align_corners=False)

        return Segmentor(
            backbone, make(head.SCTHead, 4 * width, 0), make(other.AU_SCTHead, 2 * width, 1) if auxiliary else None)
    finally:
        torch.nn.SyncBatchNorm = synchronized


FAMILIES = {
    "dpt": dpt, "efficientvit": efficientvit, "lraspp": lraspp, "ppmobileseg": ppmobileseg, "sctnet": sctnet,
    "segnext": segnext, "topformer": topformer,
}


def make_model(checkouts, network, classes, auxiliary=False):
    """The original of a network of the catalogue with random weights.

    checkouts: the folder of the authors' checkouts.
    auxiliary: whether it has its auxiliary heads.
    """
    family, _, variant = network.partition("-")
    return FAMILIES[family](checkouts, variant, classes, auxiliary)
