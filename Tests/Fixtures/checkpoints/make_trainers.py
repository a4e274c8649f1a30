"""Makes the files in trainers/, as trainers write them with PyTorch and timm: python make_trainers.py

Every file has the network of TorchTests/NetworkWeightsTests.swift. The weights that are meant are 1, 2, 3, ... in the order
of the state; those beside them are 0.
"""
import copy
import os

import timm.utils
import torch
from torch import nn

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("trainers", exist_ok=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.norm = nn.BatchNorm2d(2)
        self.head = nn.Conv2d(2, 4, 1)

    def forward(self, x):
        return self.head(self.norm(self.conv(x)))


def numbered(network):
    with torch.no_grad():
        for index, tensor in enumerate(network.state_dict().values()): tensor.fill_(index + 1)
    return network


def zeroed(network):
    with torch.no_grad():
        for tensor in network.state_dict().values(): tensor.zero_()
    return network


meant = numbered(Net())
optimizer = torch.optim.SGD(meant.parameters(), lr=0.1, momentum=0.9)

torch.save(copy.deepcopy(meant).half().state_dict(), "trainers/half.pth")
torch.save(copy.deepcopy(meant).to(torch.bfloat16).state_dict(), "trainers/bfloat16.pth")
torch.save(torch.compile(meant).state_dict(), "trainers/compiled.pth")

# As torch.optim.swa_utils and timm average them.
averaged = torch.optim.swa_utils.AveragedModel(meant)
torch.save({"model": zeroed(Net()).state_dict(), "ema": averaged.state_dict(), "epoch": 3}, "trainers/averaged_model.pth")
ema = timm.utils.ModelEmaV3(meant)
torch.save({
    "epoch": 3, "arch": "net", "state_dict": zeroed(Net()).state_dict(), "optimizer": optimizer.state_dict(), "version": 2,
    "args": None, "amp_scaler": {"scale": 65536.0}, "state_dict_ema": timm.utils.get_state_dict(ema), "metric": 71.5,
}, "trainers/timm.pth.tar")

# Lightning's layout, with a loss that has weights and half precision.
torch.save({
    "epoch": 3, "global_step": 1200, "pytorch-lightning_version": "2.5.0",
    "state_dict": {**{"model." + name: tensor for name, tensor in copy.deepcopy(meant).half().state_dict().items()},
                   "criterion.weight": torch.ones(4)},
    "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 4}}}}, "callbacks": {},
    "optimizer_states": [optimizer.state_dict()], "lr_schedulers": [], "hparams_name": "kwargs",
    "hyper_parameters": {"lr": 0.1},
}, "trainers/lightning.ckpt")
