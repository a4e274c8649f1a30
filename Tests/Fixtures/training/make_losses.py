#!/usr/bin/env python3
"""Makes losses.safetensors and losses.json: losses and their gradients as other libraries compute them.

The scores are random and shared; labels have ignored pixels, classes that are absent, an image with few labelled pixels.
Made with torch 2.15.0, segmentation_models_pytorch 0.6.0, MONAI 1.6.1, scipy 1.17.1 and numpy 2.4.6, in float64 where the
libraries keep it. No library ignores pixels in its boundary loss; scipy's distances and the sum are written out for it.

    python make_losses.py
"""
import json
import pathlib

import monai.losses as monai
import numpy as np
import segmentation_models_pytorch.losses as smp
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from scipy.ndimage import distance_transform_edt
from segmentation_models_pytorch.losses.lovasz import _lovasz_softmax

N, C, H, W = 2, 4, 7, 9
IGNORED = 255
SMP, MONAI, TORCH = "segmentation_models_pytorch 0.6.0", "MONAI 1.6.1", "PyTorch 2.15.0"
generator = torch.Generator().manual_seed(5)
scores = 2 * torch.randn(N, C, H, W, generator=generator)
score = 2 * torch.randn(N, 1, H, W, generator=generator)
weights = [0.5, 1.5, 2.0, 0.25]


def regions(classes):
    """Labels in patches, some pixels ignored."""
    coarse = torch.randint(0, classes, (N, 1, 3, 4), generator=generator).float()
    labels = F.interpolate(coarse, (H, W), mode="nearest").long().squeeze(1)
    labels[torch.rand(labels.shape, generator=generator) < 0.15] = IGNORED
    return labels


labels = {"full": regions(C)}
labels["full"][0, 0, :C] = torch.arange(C)
labels["full"][1, 0, :C] = torch.arange(C)
labels["absent"] = labels["full"].clone()  # class 2 is nowhere
labels["absent"][labels["absent"] == 2] = 1
labels["uneven"] = labels["full"].clone()  # class 3 is in the second image alone, whose last rows are ignored
labels["uneven"][0][labels["uneven"][0] == 3] = 0
labels["uneven"][1, 5:] = IGNORED
labels["clean"] = torch.where(labels["full"] == IGNORED, 0, labels["full"])
labels["binary"] = regions(2)
labels["negative"] = torch.where(labels["binary"] == 1, 0, labels["binary"])
labels["binary_clean"] = torch.where(labels["binary"] == IGNORED, 0, labels["binary"])
several, one = ["full", "absent", "uneven"], ["binary", "negative"]

tensors = {"scores": scores, "score": score}
tensors |= {f"labels/{name}": value.to(torch.uint8) for name, value in labels.items()}
cases = []


def case(term, peer, on, loss, class_weights=None):
    """`term` is an element of `objective.terms`; `loss` computes the same."""
    x = (score if on in ["binary", "negative", "binary_clean"] else scores).double().requires_grad_()
    y = labels[on]
    value = loss(x, y)
    value.backward()
    key = f"{len(cases)}"
    cases.append({"term": term, "peer": peer, "labels": on, "weights": class_weights, "value": value.item()})
    tensors[key] = x.grad.float()


def present(y):
    return sum((y == c).any().item() for c in range(C))


def channel(y):
    return y.unsqueeze(1)


def labelled(x, y):
    """Scores that give class 1 no probability where a pixel is ignored."""
    return torch.where(channel(y) == IGNORED, torch.full_like(x, -1e4), x)


def distances(y, classes):
    """Signed distances to boundaries; ignored pixels are none."""
    maps = np.zeros((len(y), classes, H, W))
    for image, ids in enumerate(y.numpy()):
        shown = [c for c in range(classes) if (ids == c).any()]
        for c in shown if len(shown) > 1 else []:
            others = (ids != c) & (ids != IGNORED)
            maps[image, c] = np.where(
                ids == c, 1 - distance_transform_edt(~others), distance_transform_edt(ids != c)) * (ids != IGNORED)
    return torch.from_numpy(maps)


def boundary(x, y):
    p = x.softmax(1) if x.shape[1] > 1 else x.sigmoid()
    maps = distances(y, max(2, x.shape[1]))[:, -x.shape[1]:]
    return (p * maps).sum() / ((y != IGNORED).sum() * x.shape[1])


def focal_tversky(x, y):
    """The power of each class's loss, as in the paper; smp takes that of their mean."""
    p, valid = x.softmax(1), channel(y != IGNORED)
    losses = []
    for c in range(C):
        t, q = (y == c).double(), (p[:, c] * valid[:, 0])
        hits = (q * t).sum()
        losses.append((1 - (hits + 1) / (hits + 0.3 * (q.sum() - hits) + 0.7 * (t.sum() - hits) + 1)) ** 0.75)
    return torch.stack(losses).mean()


for on in several:
    case("ce", TORCH, on, lambda x, y: F.cross_entropy(x, y, ignore_index=IGNORED))
    case("{loss: ce, label_smoothing: 0.1}", TORCH, on, lambda x, y: F.cross_entropy(
        x, y, weight=torch.tensor(weights).double(), ignore_index=IGNORED, label_smoothing=0.1), weights)

# smp divides by the number of all classes and adds its smoothing to halves.
for on in several:
    case("dice", SMP, on, lambda x, y: smp.DiceLoss("multiclass", smooth=0.5, ignore_index=IGNORED)(x, y)
         * C / present(y))
    case("{loss: dice, smooth: 0}", SMP, on, lambda x, y: smp.DiceLoss("multiclass", ignore_index=IGNORED)(x, y)
         * C / present(y))
    for per_image in [False, True]:
        case(f"{{loss: dice, classes: all, per_image: {str(per_image).lower()}}}", MONAI, on,
             lambda x, y: monai.DiceLoss(to_onehot_y=True, softmax=True, smooth_nr=1, smooth_dr=1, batch=not per_image,
                                         ignore_index=IGNORED)(x, channel(y)))
case("dice", SMP, "full", lambda x, y: smp.DiceLoss(
    "multiclass", smooth=0.5, ignore_index=IGNORED, class_weights=weights)(x, y), weights)
for on in one:
    case("dice", SMP, on, lambda x, y: smp.DiceLoss("binary", smooth=0.5, ignore_index=IGNORED)(x, y))
    case("{loss: dice, classes: all}", MONAI, on, lambda x, y: monai.DiceLoss(
        sigmoid=True, smooth_nr=1, smooth_dr=1, batch=True)(labelled(x, y), (channel(y) == 1).double()))

for on in several:
    case("tversky", SMP, on, lambda x, y: smp.TverskyLoss(
        "multiclass", alpha=0.3, beta=0.7, smooth=1.0, ignore_index=IGNORED)(x, y) * C / present(y))
    case("{loss: tversky, alpha: 0.6, beta: 0.4, classes: all}", MONAI, on, lambda x, y: monai.TverskyLoss(
        to_onehot_y=True, softmax=True, alpha=0.6, beta=0.4, smooth_nr=1, smooth_dr=1, batch=True,
        ignore_index=IGNORED)(x, channel(y)))
case("{loss: tversky, gamma: 0.75}", TORCH, "full", focal_tversky)
case("{loss: tversky, gamma: 0.75}", SMP, "binary", lambda x, y: smp.TverskyLoss(
    "binary", alpha=0.3, beta=0.7, gamma=0.75, smooth=1.0, ignore_index=IGNORED)(x, y))

for on in several:
    case("focal", MONAI, on, lambda x, y: monai.FocalLoss(
        to_onehot_y=True, use_softmax=True, ignore_index=IGNORED)(x, channel(y)))
    case("{loss: focal, gamma: 0.5}", MONAI, on, lambda x, y: monai.FocalLoss(
        to_onehot_y=True, use_softmax=True, gamma=0.5, ignore_index=IGNORED, weight=weights)(x, channel(y)), weights)
    case("{loss: focal, form: sigmoid, alpha: 0.25}", SMP, on, lambda x, y: smp.FocalLoss(
        "multiclass", alpha=0.25, gamma=2, ignore_index=IGNORED)(x, y))
case("{loss: focal, form: sigmoid}", SMP, "full", lambda x, y: smp.FocalLoss(
    "multiclass", ignore_index=IGNORED, class_weights=weights)(x, y), weights)
for on in one:
    case("{loss: focal, alpha: 0.25}", SMP, on, lambda x, y: smp.FocalLoss(
        "binary", alpha=0.25, gamma=2, ignore_index=IGNORED)(x, y))

for on in several:
    for per_image in [False, True]:
        case(f"{{loss: lovasz, per_image: {str(per_image).lower()}}}", SMP, on, lambda x, y: smp.LovaszLoss(
            "multiclass", per_image=per_image, ignore_index=IGNORED)(x.float(), y))
    case("{loss: lovasz, classes: all}", SMP, on, lambda x, y: _lovasz_softmax(
        x.float().softmax(1), y, classes="all", ignore=IGNORED))
for on in one:
    for per_image in [False, True]:
        case(f"{{loss: lovasz, per_image: {str(per_image).lower()}}}", SMP, on, lambda x, y: smp.LovaszLoss(
            "binary", per_image=per_image, ignore_index=IGNORED)(x.float(), y))

case("boundary", MONAI, "clean", lambda x, y: monai.BoundaryLoss(softmax=True, to_onehot_y=True)(x, channel(y)))
case("boundary", MONAI, "binary_clean", lambda x, y: monai.BoundaryLoss(sigmoid=True)(x, channel(y).double()))
for on in several + one:
    case("boundary", "SciPy 1.17.1", on, boundary)

for on in one:
    share = labels[on].numel() / (labels[on] != IGNORED).sum()
    case("bce", SMP, on, lambda x, y: share * smp.SoftBCEWithLogitsLoss(ignore_index=IGNORED)(x, channel(y).double()))
    case("{loss: bce, positive_weight: 3, label_smoothing: 0.1}", SMP, on, lambda x, y: share * smp.SoftBCEWithLogitsLoss(
        ignore_index=IGNORED, smooth_factor=0.1, pos_weight=torch.tensor(3.0))(x, channel(y).double()))

# Exact distances: scattered pixels, a single one, a line.
rng = np.random.default_rng(3)
for name, (height, width), chosen in [
    ("scattered", (19, 31), None), ("corner", (13, 7), [(12, 0)]), ("row", (1, 20), [(0, 11)]), ("column", (9, 1), [(4, 0)]),
]:
    mask = rng.random((height, width)) < 0.03 if chosen is None else np.zeros((height, width), bool)
    for y, x in chosen or []:
        mask[y, x] = True
    tensors[f"distance/{name}/set"] = torch.from_numpy(mask.astype(np.uint8))
    tensors[f"distance/{name}"] = torch.from_numpy(distance_transform_edt(~mask)).float()

folder = pathlib.Path(__file__).parent
save_file(tensors, folder / "losses.safetensors")
(folder / "losses.safetensors").chmod(0o644)
(folder / "losses.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
print(len(cases), "cases")
