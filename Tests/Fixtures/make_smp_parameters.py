#!/usr/bin/env python3
"""Counts the parameters of all encoder-decoder networks again and writes smp-parameters.txt beside this file.

Needs segmentation-models-pytorch 0.6.0 and torch, and downloads nothing. To add an encoder or a decoder, add its lines to the
file, with any number.
"""

from pathlib import Path

import segmentation_models_pytorch as smp
import torch

DECODERS = {
    "deeplabv3": smp.DeepLabV3, "deeplabv3p": smp.DeepLabV3Plus, "fpn": smp.FPN, "linknet": smp.Linknet, "manet": smp.MAnet,
    "pan": smp.PAN, "pspnet": smp.PSPNet, "segformer": smp.Segformer, "unet": smp.Unet, "unetpp": smp.UnetPlusPlus,
    "upernet": smp.UPerNet,
}


def count(name):
    """The number of parameters, or "-" for a combination that the library refuses."""
    decoder, encoder = name.split("-", 1)
    # On the meta device no weights are made. Some encoders compute numbers while they are made, which the meta device cannot do.
    for device in ("meta", "cpu"):
        try:
            with torch.device(device):
                model = DECODERS[decoder](encoder, encoder_weights=None, classes=19)
            return sum(p.numel() for p in model.parameters())
        except ValueError:
            return "-"
        except RuntimeError:
            if device == "cpu":
                raise


file = Path(__file__).resolve().parent / "smp-parameters.txt"
header, *lines = file.read_text().splitlines()
names = [line.split(" ")[0] for line in lines]
file.write_text("\n".join([header, *(f"{name} {count(name)}" for name in names)]) + "\n")
