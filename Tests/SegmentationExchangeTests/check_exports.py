"""Runs exported networks and compares their results with given ones.

    python check_exports.py FOLDER

FOLDER/cases.json lists cases: {"name", "file", "inputs": [...], "outputs": [...]}, with numpy files of the inputs and of the
results that are expected. ONNX files are checked by onnx.checker and run by ONNX Runtime and OpenVINO, TorchScript files are
run by torch, and safetensors files are compared tensor by tensor with OUTPUTS[0], an .npz file. The last line of the output is
a JSON list with one object for each case: {"name", "checker", "engines": {ENGINE: {"difference", "agreement", "error"}}}.
"""

import json
import os
import sys

import numpy


def compare(found, expected):
    """The largest difference divided by the range of the expected numbers, and the share of pixels of the same class."""
    if found.shape != expected.shape:
        raise ValueError(f"a result of the shape {found.shape}, expected {expected.shape}")
    if expected.ndim == 3:
        return 0.0, float((found.astype(numpy.int64) == expected.astype(numpy.int64)).mean())
    if not numpy.isfinite(found).all():
        raise ValueError("numbers that are not finite")
    difference = float(numpy.abs(found - expected).max() / max(float(numpy.ptp(expected)), 1e-30))
    return difference, float((found.argmax(1) == expected.argmax(1)).mean())


def onnx_runtime(path):
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def openvino_runtime(path):
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": "1"}
    model = core.compile_model(core.read_model(path), "CPU", settings)
    return lambda x: model(x)[0]


def torchscript(path):
    import torch

    torch.set_num_threads(1)
    module = torch.jit.load(path, map_location="cpu").eval()

    def run(x):
        with torch.no_grad():
            return module(torch.from_numpy(x)).numpy()

    return run


def safetensors_difference(path, expected):
    from safetensors.numpy import load_file

    found, expected = load_file(path), numpy.load(expected)
    if sorted(found) != sorted(expected.files):
        raise ValueError("other names of tensors")
    return max(float(numpy.abs(found[name] - expected[name]).max(initial=0)) for name in found)


def check(path):
    """The complaint of onnx.checker with inference of shapes; empty if there is none."""
    import onnx

    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:
        return str(error).strip().splitlines()[0][:300]
    return ""


def run(folder, case):
    path = os.path.join(folder, case["file"])
    result = {"name": case["name"], "checker": "", "engines": {}}
    if path.endswith(".safetensors"):
        try:
            difference = safetensors_difference(path, os.path.join(folder, case["outputs"][0]))
            result["engines"]["safetensors"] = {"difference": difference, "agreement": 1.0}
        except Exception as error:
            result["engines"]["safetensors"] = {"error": str(error)[:300]}
        return result
    engines = {"torch": torchscript}
    if path.endswith(".onnx"):
        engines = {"onnxruntime": onnx_runtime, "openvino": openvino_runtime}
        result["checker"] = check(path)
    for engine, load in engines.items():
        try:
            network, differences, agreements = load(path), [], []
            for source, target in zip(case["inputs"], case["outputs"]):
                found = network(numpy.load(os.path.join(folder, source)))
                difference, agreement = compare(found, numpy.load(os.path.join(folder, target)))
                differences.append(difference)
                agreements.append(agreement)
            result["engines"][engine] = {"difference": max(differences), "agreement": min(agreements)}
        except Exception as error:
            result["engines"][engine] = {"error": " ".join(str(error).split())[:300]}
    return result


def main(folder):
    with open(os.path.join(folder, "cases.json")) as file:
        cases = json.load(file)
    print(json.dumps([run(folder, case) for case in cases]))


if __name__ == "__main__":
    main(sys.argv[1])
