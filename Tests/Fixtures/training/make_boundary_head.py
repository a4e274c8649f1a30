#!/usr/bin/env python3
"""Makes boundary_head.safetensors and boundary_head.json: the losses of PIDNet, by its authors' own code.

    python make_boundary_head.py CHECKOUT

CHECKOUT is a checkout of https://github.com/XuJiacong/PIDNet. The boundaries of labels are made as its data set makes them, with
OpenCV's Canny; scores are random, and smaller than the labels as the network's are. Made with torch 2.13.0 and OpenCV 5.0.0,
the losses in float64.
"""
import json
import pathlib
import sys
import types

import cv2
import numpy as np
import torch
from safetensors.torch import save_file

checkout = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent
CLASSES, IGNORED, WIDTH = 5, 255, 4
weights = [0.5, 1.5, 2.0, 0.25, 1.0]
settings = {"minimum_pixels": 500, "coefficient": 0.4}

config = types.SimpleNamespace(
    MODEL=types.SimpleNamespace(NUM_OUTPUTS=2, ALIGN_CORNERS=True), TRAIN=types.SimpleNamespace(IGNORE_LABEL=IGNORED),
    LOSS=types.SimpleNamespace(BALANCE_WEIGHTS=[settings["coefficient"], 1.0], SB_WEIGHTS=1.0))
sys.modules["configs"] = types.SimpleNamespace(config=config)
sys.path.insert(0, str(checkout))
torch.nn.functional.sigmoid = torch.sigmoid
from utils.criterion import BondaryLoss, OhemCrossEntropy  # noqa: E402
from utils.utils import FullModel  # noqa: E402

generator = torch.Generator().manual_seed(7)
images, height, width = 2, 48, 64


def region_map():
    """Rectangles, discs and slanted halves of classes and of ignored pixels."""
    rows, columns = np.mgrid[:height, :width]
    labels = np.zeros((height, width), np.uint8)
    for _ in range(14):
        a, b, c, d, kind, label = torch.randint(0, 1000, (6,), generator=generator).tolist()
        top, left, label = a % height, b % width, [0, 1, 2, 3, 4, IGNORED][label % 6]
        if kind % 3 == 0:
            labels[top : top + 3 + c % 20, left : left + 3 + d % 20] = label
        elif kind % 3 == 1:
            labels[(rows - top) ** 2 + (columns - left) ** 2 < (3 + c % 12) ** 2] = label
        else:
            band = (rows - top) * (c % 7 - 3) + (columns - left) * (d % 7 - 3)
            labels[(band > 0) & (band < 12)] = label
    return labels


def boundaries(labels, margin=6):
    """As BaseDataset.gen_sample makes them."""
    edge = cv2.Canny(labels, 0.1, 0.2)
    edge = edge[margin:-margin, margin:-margin]
    edge = np.pad(edge, ((margin, margin), (margin, margin)), mode="constant")
    return (cv2.dilate(edge, np.ones((WIDTH, WIDTH), np.uint8), iterations=1) > 50) * 1.0


labels = np.stack([region_map() for _ in range(images)])
noisy = torch.randint(0, 256, (1, height, width), generator=generator).to(torch.uint8).numpy()
edges = np.stack([boundaries(map) for map in labels])
shape = (images, CLASSES, height // 8, width // 8)
outputs = [
    2 * torch.randn(shape, generator=generator), 2 * torch.randn(shape, generator=generator),
    4 * torch.randn(images, 1, *shape[2:], generator=generator)]


def losses(class_weights, threshold):
    """The losses of the authors' FullModel, and the gradients of the scores."""
    scores = [output.double().requires_grad_() for output in outputs]
    weight = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float64)
    criterion = OhemCrossEntropy(IGNORED, threshold, settings["minimum_pixels"], weight)
    model = FullModel(lambda images: list(scores), criterion, BondaryLoss())
    total, _, _, (semantic, boundary) = model(None, torch.from_numpy(labels).long(), torch.from_numpy(edges))
    total.mean().backward()  # as the training loop does, since the loss of the first head is one number for each pixel
    return {
        "weights": class_weights, "threshold": threshold, "total": total.mean().item(), "semantic": semantic.mean().item(),
        "boundary": boundary.item(),
    }, [score.grad.float() for score in scores]


tensors = {"labels": torch.from_numpy(labels), "noisy": torch.from_numpy(noisy)}
tensors["edges"] = torch.from_numpy(edges.astype(np.uint8))
tensors["noisy_edges"] = torch.from_numpy(boundaries(noisy[0])[None].astype(np.uint8))
tensors |= {f"scores{index}": output for index, output in enumerate(outputs)}
cases = []
# With the second threshold there are fewer hard pixels than must count.
for class_weights, threshold in ((None, 0.9), (weights, 0.9), (None, 0.02), (weights, 0.02)):
    case, gradients = losses(class_weights, threshold)
    tensors |= {f"{len(cases)}/grad{index}": gradient for index, gradient in enumerate(gradients)}
    cases.append(case)
save_file(tensors, here / "boundary_head.safetensors")
(here / "boundary_head.json").write_text(json.dumps(settings | {"cases": cases}, indent=1) + "\n")
