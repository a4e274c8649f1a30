#!/usr/bin/env python3
"""Makes distillation.safetensors and distillation.json: distillation losses and their gradients as PyTorch 2.15 computes
them in float64, for random maps with and without unlabelled pixels.

The channel-wise loss is written down from its definition (Shu et al. 2021, equations 2 and 3), since PyTorch has none.

usage: python Tests/Fixtures/training/make_distillation.py
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

FOLDER = Path(__file__).parent
torch.manual_seed(11)
student = torch.randn(2, 5, 6, 7, dtype=torch.float64) * 2
teacher = torch.randn(2, 5, 6, 7, dtype=torch.float64) * 3
counted = (torch.rand(2, 1, 6, 7, dtype=torch.float64) > 0.3).double()
counted[1, 0, :3] = 0


def kl(x, t, mask, reduction, temperature):
    log_x, p = F.log_softmax(x / temperature, 1), F.softmax(t / temperature, 1)
    if mask is None:
        scale = {"elements": "mean", "batch": "batchmean"}.get(reduction)
        if scale:
            return F.kl_div(log_x, p, reduction=scale) * temperature**2
        return F.kl_div(log_x, p, reduction="none").sum(1).mean() * temperature**2
    total = (F.kl_div(log_x, p, reduction="none") * mask).sum() * temperature**2
    return total / {"elements": mask.sum() * x.shape[1], "pixels": mask.sum(), "batch": x.shape[0]}[reduction]


def mse(x, t, mask):
    if mask is None:
        return F.mse_loss(x, t)
    return ((x - t) ** 2 * mask).sum() / (mask.sum() * x.shape[1])


def channel_wise(x, t, mask, temperature):
    total = 0
    for n in range(x.shape[0]):
        keep = torch.ones(x.shape[2:], dtype=torch.bool) if mask is None else mask[n, 0] > 0
        for c in range(x.shape[1]):
            p = F.softmax(t[n, c][keep] / temperature, 0)
            q = F.log_softmax(x[n, c][keep] / temperature, 0)
            total = total + (p * (p.log() - q)).sum()
    return total * temperature**2 / (x.shape[0] * x.shape[1])


cases, tensors = {}, {"student": student.float(), "teacher": teacher.float(), "counted": counted.float()}
# The maps as float32 has them, so that both sides begin with the same numbers.
student, teacher = student.float().double(), teacher.float().double()
for masked in (False, True):
    mask = counted if masked else None
    losses = {
        f"kl_div_{reduction}": lambda x, r=reduction: kl(x, teacher, mask, r, 4.0)
        for reduction in ("elements", "pixels", "batch")
    }
    losses["mse"] = lambda x: mse(x, teacher, mask)
    losses["cwd"] = lambda x: channel_wise(x, teacher, mask, 4.0)
    for name, loss in losses.items():
        x = student.clone().requires_grad_()
        value = loss(x)
        value.backward()
        key = name + ("_masked" if masked else "")
        cases[key] = value.item()
        tensors[f"{key}/gradient"] = x.grad.float()
save_file(tensors, FOLDER / "distillation.safetensors")
(FOLDER / "distillation.json").write_text(json.dumps(cases, indent=1, sort_keys=True) + "\n")
