"""Makes cross_entropy.safetensors: cross entropies of upsampled scores and their gradients, as PyTorch computes them in
float64. Usage: make_cross_entropy.py FOLDER (with torch and safetensors; the file here is from torch 2.15.0)."""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

# name: classes, size of the scores, size of the labels, whether classes have weights, label smoothing
CASES = {
    "plain": (19, (3, 5), (17, 23), False, 0.0),
    "weighted": (11, (4, 3), (9, 21), True, 0.0),
    "smoothed": (5, (2, 6), (16, 11), False, 0.1),
    "weighted_smoothed": (7, (5, 5), (13, 18), True, 0.2),
    "same_size": (3, (9, 19), (9, 19), True, 0.1),
    "one_score": (2, (1, 1), (7, 9), False, 0.0),
    "smaller": (4, (21, 18), (10, 7), False, 0.0),
}


def main():
    torch.manual_seed(5)
    tensors = {}
    for name, (classes, size, label_size, has_weights, smoothing) in CASES.items():
        scores = torch.randn(2, classes, *size) * 4
        labels = torch.randint(classes, (2, *label_size))
        labels[torch.rand(labels.shape) < 0.2] = 255
        weights = torch.rand(classes) + 0.1 if has_weights else None
        upstream = torch.randn(labels.shape)
        exact = scores.double().requires_grad_()
        full = F.interpolate(exact, label_size, mode="bilinear", align_corners=True)
        losses = F.cross_entropy(full, labels, weights.double() if has_weights else None, ignore_index=255,
                                 reduction="none", label_smoothing=smoothing)
        losses.backward(upstream.double())
        tensors |= {f"{name}/scores": scores, f"{name}/labels": labels, f"{name}/upstream": upstream,
                    f"{name}/losses": losses.detach(), f"{name}/gradient": exact.grad}
        if has_weights:
            tensors[f"{name}/weights"] = weights
    save_file(tensors, Path(sys.argv[1]) / "cross_entropy.safetensors", {"torch": torch.__version__})


main()
