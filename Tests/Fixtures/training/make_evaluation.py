"""Writes evaluation.safetensors and evaluation.json beside this file: what boundary IoU, calibration error, tiles, scales
and mirrored images must give.

Made with Python 3.11, torch 2.15.0, numpy 2.4.6, OpenCV 4.11.0, MONAI 1.6.1:
    python make_evaluation.py
"""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from monai.inferers import sliding_window_inference
from safetensors.torch import save_file

FOLDER = Path(__file__).parent
IGNORED = 255
CLASSES = 3
rng = np.random.default_rng(7)
tensors = {}
values = {}


# Boundary IoU as its paper defines it (Cheng et al. 2021): what erosion by a 3x3 square takes from a mask that is
# surrounded by zeros, repeated for 2 % of the diagonal.
def boundary(mask):
    height, width = mask.shape
    steps = max(1, int(round(0.02 * math.sqrt(height**2 + width**2))))
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=steps)
    return mask - eroded[1:-1, 1:-1]


def blobs(height, width, shift):
    noise = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 9)
    noise = np.roll(noise, shift, axis=(0, 1))
    return np.digitize(noise, np.quantile(noise, [0.35, 0.7])).astype(np.uint8)


both, label_edges, found_edges = np.zeros(CLASSES), np.zeros(CLASSES), np.zeros(CLASSES)
for index, (height, width) in enumerate([(55, 62), (88, 110)]):
    labels = blobs(height, width, (0, 0))
    found = labels.copy()
    moved = np.roll(labels, (2, -3), axis=(0, 1))
    found[:, width // 3 :] = moved[:, width // 3 :]
    labels[height // 2 : height // 2 + 9, 10:40] = IGNORED
    tensors[f"boundary/labels{index}"] = torch.from_numpy(labels)
    tensors[f"boundary/found{index}"] = torch.from_numpy(found)
    masked = np.where(labels == IGNORED, IGNORED, found).astype(np.uint8)
    for c in range(CLASSES):
        a, b = boundary((labels == c).astype(np.uint8)), boundary((masked == c).astype(np.uint8))
        both[c] += (a & b).sum()
        label_edges[c] += a.sum()
        found_edges[c] += b.sum()
iou = both / (label_edges + found_edges - both)
values["boundary_iou"] = {"classes": iou.tolist(), "mean": iou.mean()}

# Expected calibration error as torchmetrics bins it: a bin contains its lower limit, and certainty has a bin of its own.
logits = torch.from_numpy(rng.standard_normal((1, CLASSES, 24, 30)).astype(np.float32) * 2)
logits[0, 1, :3] = 200  # certain to the last bit
labels = torch.from_numpy(rng.integers(0, CLASSES, (1, 24, 30)))
labels[:, 5:9, 3:20] = IGNORED
tensors["calibration/logits"] = logits
tensors["calibration/labels"] = labels.to(torch.uint8)
confidence, found = logits.softmax(1).max(1)
counted = labels != IGNORED
sure = confidence[counted].double().numpy()
right = (found == labels)[counted].double().numpy()
bins = np.digitize(sure, np.linspace(0, 1, 16)) - 1
error = 0.0
for b in range(16):
    if (bins == b).any():
        error += abs(right[bins == b].mean() - sure[bins == b].mean()) * (bins == b).mean()
values["calibration_error"] = error

# Tiles, scales and mirrored images of a convolution, which sees beyond its pixel: tiles and wholes differ.
image = torch.from_numpy(rng.standard_normal((1, 3, 29, 41)).astype(np.float32))
weight = torch.from_numpy(rng.standard_normal((CLASSES, 3, 5, 5)).astype(np.float32) * 0.4)
tensors["tiles/image"] = image
tensors["tiles/weight"] = weight


def network(x):
    return F.conv2d(x, weight, padding=2)


TILE, OVERLAP = (16, 20), 0.25


def slide(x, net):
    """Counting as in mmsegmentation's slide_inference: sums of what the tiles give, divided by how often each pixel is met."""
    height, width = x.shape[2:]
    strides = [int(t * (1 - OVERLAP)) for t in TILE]
    rows = max(height - TILE[0] + strides[0] - 1, 0) // strides[0] + 1
    columns = max(width - TILE[1] + strides[1] - 1, 0) // strides[1] + 1
    total, count = torch.zeros(x.shape[0], CLASSES, height, width), torch.zeros(1, 1, height, width)
    for row in range(rows):
        for column in range(columns):
            bottom, right = min(row * strides[0] + TILE[0], height), min(column * strides[1] + TILE[1], width)
            y, z = max(bottom - TILE[0], 0), max(right - TILE[1], 0)
            total[:, :, y:bottom, z:right] += net(x[:, :, y:bottom, z:right])
            count[:, :, y:bottom, z:right] += 1
    return total / count


def many(x):
    """The mean of the probabilities of three scales, each as it is and mirrored."""
    size = x.shape[2:]
    total = 0
    for scale in (0.5, 1, 1.5):
        scaled = [max(1, math.floor(side * scale + 0.5)) for side in size]
        y = x if scale == 1 else F.interpolate(x, scaled, mode="bilinear", align_corners=False)
        for mirrored in (False, True):
            scores = network(y.flip(3) if mirrored else y)
            if scores.shape[2:] != size:
                scores = F.interpolate(scores, size, mode="bilinear", align_corners=True)
            total = total + (scores.flip(3) if mirrored else scores).softmax(1)
    return total / 6


def monai(mode):
    return sliding_window_inference(image, TILE, 1, network, overlap=OVERLAP, mode=mode, sigma_scale=0.125)


tensors["tiles/uniform"] = slide(image, network)
assert torch.allclose(tensors["tiles/uniform"], monai("constant"), atol=1e-5)
tensors["tiles/gaussian"] = monai("gaussian")
tensors["tiles/many"] = many(image)
tensors["tiles/tiled_many"] = slide(image, many)

save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, FOLDER / "evaluation.safetensors")
(FOLDER / "evaluation.json").write_text(json.dumps(values, indent=1) + "\n")
print(json.dumps(values), (FOLDER / "evaluation.safetensors").stat().st_size)
