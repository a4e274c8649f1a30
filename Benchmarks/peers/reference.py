"""Networks and losses of zh320/realtime-semantic-segmentation-pytorch, run from a checkout of it, never downloading.

Networks of other authors come from checkouts beside it (authors.py)."""
import importlib
import importlib.util
import sys
import types
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parent))
import authors  # noqa: E402
import originals  # noqa: E402


def backbone(variant):
    return {"backbone_type": variant}


# How the catalogue's variants are made there: from a variant's name to the constructor's arguments.
VARIANTS = {
    "bisenetv1": backbone,
    "canet": backbone,
    "cgnet": lambda variant: {"M": 3, "N": 21},
    "ddrnet": lambda variant: {"arch_type": {"23slim": "DDRNet-23-slim"}.get(variant, f"DDRNet-{variant}")},
    "dfanet": lambda variant: {
        "backbone_type": "XceptionB" if variant == "xceptionb" else "XceptionA",
        "use_extra_backbone": not variant.endswith("-single"),
    },
    "enet": lambda variant: {"upsample_type": variant},
    "espnet": lambda variant: {"arch_type": f"espnet-{variant}"},
    "fanet": lambda variant: {
        "backbone_type": variant.removesuffix("-nocat"), "cat_feat": not variant.endswith("-nocat")},
    "farseenet": backbone,
    "icnet": backbone,
    "linknet": backbone,
    "litehrnet": lambda variant: {"arch_type": f"litehrnet{variant}"},
    "liteseg": backbone,
    "ppliteseg": lambda variant: {
        "encoder_type": variant.removesuffix("-channel"),
        "fusion_type": "channel" if variant.endswith("-channel") else "spatial",
    },
    "shelfnet": backbone,
    "stdc": lambda variant: {"encoder_type": variant},
    "swiftnet": backbone,
}


# Where segmentation_models.pytorch names a decoder in another way than the catalogue.
DECODERS = {"unetpp": "unetplusplus", "deeplabv3p": "deeplabv3plus"}


class Stub(types.ModuleType):
    """Stands for a module that is not installed and not needed for what is measured."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def forget(package):
    """Drops what a failed import left behind."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]


def import_torchvision():
    """torchvision for its backbones. They need none of its compiled operators, which may not fit this torch: then their
    descriptions are left out."""
    register_fake = torch.library.register_fake
    try:
        import torchvision.models as models
    except RuntimeError:
        forget("torchvision")
        torch.library.register_fake = lambda *arguments, **options: lambda function: function
        import torchvision.models as models
    finally:
        torch.library.register_fake = register_fake

    def without_weights(make):
        def wrapper(*arguments, pretrained=None, **options):
            return make(*arguments, **options)

        return wrapper

    for name in models.list_models(module=models):
        setattr(models, name, without_weights(getattr(models, name)))


def import_models(root):
    """The checkout's package `models`."""
    sys.path.insert(0, str(root))
    try:
        import_torchvision()
    except ModuleNotFoundError:
        pass
    while True:
        try:
            return importlib.import_module("models")
        except ModuleNotFoundError as missing:
            if missing.name.split(".")[0] == "models":
                raise
            sys.modules[missing.name] = Stub(missing.name)
            forget("models")


def make_encoder_decoder(network, classes):
    """A network of segmentation_models.pytorch: smp-DECODER-ENCODER."""
    import_torchvision()
    import segmentation_models_pytorch as smp

    _, decoder, encoder = network.split("-", 2)
    return smp.create_model(DECODERS.get(decoder, decoder), encoder, encoder_weights=None, classes=classes)


def make_model(root, network, classes, auxiliary, detail=False):
    if network.partition("-")[0] in authors.FAMILIES:
        return authors.make_model(Path(root).absolute().parent, network, classes, auxiliary)
    if network.startswith("smp-"):
        return make_encoder_decoder(network, classes)
    if network.partition("-")[0] in originals.FAMILIES:
        import_torchvision()
        return originals.make_model(Path(root).absolute().parent, network, classes, auxiliary)
    models = import_models(root)
    family, _, variant = network.partition("-")
    options = {"num_class": classes}
    if variant:
        options |= VARIANTS[family](variant)
    if family in models.aux_models:
        options["use_aux"] = auxiliary
    elif auxiliary:
        raise ValueError(f"{network} has no auxiliary heads")
    if detail:
        options["use_detail_head"] = True
    return models.model_hub[family](**options)


def make_loss(root, kind):
    """The checkout's loss: `ohem` (threshold 0.7) or `ce`. The former moves its threshold to a GPU; not here."""
    spec = importlib.util.spec_from_file_location("reference_loss", root / "core" / "loss.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config = types.SimpleNamespace(
        loss_type=kind, class_weights=None, ignore_index=255, reduction="mean", ohem_thrs=0.7)
    cuda, torch.Tensor.cuda = torch.Tensor.cuda, lambda tensor: tensor
    try:
        return module.get_loss_fn(config, torch.device("cpu"))
    finally:
        torch.Tensor.cuda = cuda
