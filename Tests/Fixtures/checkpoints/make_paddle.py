"""Makes the files in paddle/, pickles of numpy arrays as PaddlePaddle writes them: python make_paddle.py"""
import os
import pickle

import numpy

os.chdir(os.path.dirname(os.path.abspath(__file__)))
os.makedirs("paddle", exist_ok=True)


def write(name, value, protocol):
    with open("paddle/" + name, "wb") as file: pickle.dump(value, file, protocol)


# The values and names of TorchTests/PaddleTests.swift.
state = {
    "conv.weight": numpy.arange(2 * 1 * 3 * 3, dtype=numpy.float32).reshape(2, 1, 3, 3) / 4 - 1,
    "conv.bias": numpy.array([0.5, -2.0], numpy.float32),
    "norm._mean": numpy.array([1.0, 2.0], numpy.float16),
    "norm.steps": numpy.array(7, numpy.int64),
    "columns": numpy.asfortranarray(numpy.arange(6, dtype=numpy.float64).reshape(2, 3)),
    "empty": numpy.zeros((0, 4), numpy.float32),
    "mask": numpy.array([True, False, True]),
}
names = {"StructuredToParameterName@@": {name: "param_%d" % index for index, name in enumerate(state)}}
for protocol in (2, 4, 5): write("protocol%d.pdparams" % protocol, {**state, **names}, protocol)
shared = numpy.arange(4, dtype=numpy.float32)
write("shared.pdparams", {"a": shared, "b": shared}, 4)
write("unusual.pdparams", {"a": shared, "big": shared.astype(">f4"), "text": numpy.array(["x"]), "short": numpy.zeros(2, numpy.int16),
                           "objects": numpy.array([1, "a"], object)}, 4)
write("nothing.pdparams", {"epoch": 3, **names}, 4)

# Damaged in ways that numpy would not write.
plain = pickle.dumps({"a": numpy.zeros((2, 3), numpy.float32)}, 2)
shape = pickle.dumps((2, 3), 2)[2:-1].split(b"q")[0]  # K\x02K\x03\x86
for name, other in [("large", b"K\x02K\x04\x86"), ("huge", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86"), ("negative", b"K\x02J\xff\xff\xff\xff\x86")]:
    assert plain.count(shape) == 1
    with open("paddle/%s.pdparams" % name, "wb") as file: file.write(plain.replace(shape, other))
with open("paddle/cut.pdparams", "wb") as file: file.write(plain[:-30])
