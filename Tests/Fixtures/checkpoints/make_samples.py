"""Makes the small samples in this folder with PyTorch 2.13 and numpy: python make_samples.py"""
import collections
import os

import numpy as np
import torch
from safetensors.torch import save_file

O = os.path.dirname(os.path.abspath(__file__)) + "/"
torch.manual_seed(0)
types = {torch.float32: "float32", torch.float16: "float16", torch.bfloat16: "bfloat16", torch.float64: "float64",
         torch.uint8: "uint8", torch.int32: "int32", torch.int64: "int64", torch.bool: "bool"}
w = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
state = collections.OrderedDict((n, torch.tensor([[0, 1, 2], [3, 100, 200]]).to(t)) for t, n in types.items())
state.update(whole=w, tied=w, transposed=w.transpose(0, 2), row=w[1, 2], steps=w[:, ::2, 1::2],
             channels_last=torch.arange(24.).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
             expanded=torch.tensor([5.]).expand(2, 3), scalar=torch.tensor(7.5), empty=torch.zeros(0, 4),
             parameter=torch.nn.Parameter(torch.tensor([1., 2.])))
full = dict(cur_epoch=3, best_score=np.float64(0.625), state_dict=state, optimizer=None,
            scheduler=dict(milestones=collections.Counter({30: 1, 80: 2}), big=2**40, small=-7, huge=2**70, text="ü\n",
                           flags=(True, False, None), data=b"\x00\xff", members={4}, count=np.int64(9),
                           size=torch.Size([2, 3]), device=torch.device("cpu")))
torch.save(full, O + "full.pth")
torch.save(full, O + "full_legacy.pth", _use_new_zipfile_serialization=False)
torch.save(full, O + "full_protocol4.pth", pickle_protocol=4)
torch.save(full, O + "full_legacy_protocol5.pth", pickle_protocol=5, _use_new_zipfile_serialization=False)
torch.save({"a": torch.zeros(2, dtype=torch.int16), "b": torch.zeros(2, dtype=torch.uint16)}, O + "other_types.pth")
m = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
torch.save({"module." + k: v for k, v in m.state_dict().items()}, O + "module_prefix.pth")
np.save(O + "f4.npy", np.arange(6, dtype="f4").reshape(1, 2, 3))
np.save(O + "fortran.npy", np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3)))
with open(O + "version2.npy", "wb") as f: np.lib.format.write_array(f, np.arange(3, dtype="i8"), version=(2, 0))
save_file({n: torch.tensor([[0, 1, 2], [3, 100, 200]]).to(t) for t, n in types.items()}
          | {"scalar": torch.tensor(7.5), "empty": torch.zeros(0, 4)},
          O + "dtypes.safetensors", metadata={"made by": "safetensors"})
