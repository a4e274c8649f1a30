"""Makes the files in foreign/ that are no checkpoints, or none as torch.save writes them: python make_foreign.py"""
import gzip
import io
import os
import pickle
import sys
import types
import zipfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("foreign", exist_ok=True)
plain = open("module_prefix.pth", "rb").read()
records = {name: zipfile.ZipFile(io.BytesIO(plain)).read(name) for name in zipfile.ZipFile(io.BytesIO(plain)).namelist()}
folder = next(iter(records)).split("/")[0]


def archive(name, entries, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile("foreign/" + name, "w", method) as file:
        for entry, content in entries:
            file.writestr(zipfile.ZipInfo(entry), content, method)


# Classes of a module of one's own, as torch.save(model) pickles them.
module = types.ModuleType("net")
sys.modules["net"] = module
module.Net = type("Net", (), {"__module__": "net"})
net = module.Net()
net.training = False
archive("whole_module.pth", [("archive/data.pkl", pickle.dumps(net, 2)), ("archive/version", "3\n")])
archive("trainer_with_module.pt",
        [("archive/data.pkl", pickle.dumps({"epoch": 3, "model": net, "optimizer": None}, 2)), ("archive/version", "3\n")])
archive("torchscript.pt", [("net/data.pkl", pickle.dumps(net, 2)), ("net/code/__torch__.py", "class Net(Module):\n"),
                           ("net/constants.pkl", pickle.dumps((), 2)), ("net/version", "3\n")])
archive("unpacked_and_zipped.pth", records.items(), zipfile.ZIP_DEFLATED)
archive("packed.zip", [("weights/last.pth", plain)], zipfile.ZIP_DEFLATED)
archive("arrays.npz", [("arr_0.npy", b"\x93NUMPY")])
archive("twice.pth", [*records.items(), (f"{folder}/data.pkl", records[f"{folder}/data.pkl"])])
with gzip.GzipFile("foreign/last.pth.gz", "wb", mtime=0) as file: file.write(plain)
with open("foreign/list.pkl", "wb") as file: pickle.dump([1, 2], file, 4)
