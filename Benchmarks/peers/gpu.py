"""Times PyTorch on an NVIDIA GPU, on the original networks: inference of one image eagerly and by torch.compile, and a
training step. One process measures all; each result is a line of JSON as soon as it is known. Times are medians after a
warm-up, by the clock until the device is ready, as rtseg bench takes them, and between CUDA events."""
import argparse
import json
import statistics
import sys
import time
import warnings
from pathlib import Path

import torch

import measurement
import reference

warnings.filterwarnings("ignore")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["inference", "training"])
    parser.add_argument("--reference", type=Path, required=True, help="a checkout of the original networks")
    parser.add_argument("--networks", required=True, help="separated by commas, as rtseg models names them")
    parser.add_argument("--precisions", default="float32,float16", help="separated by commas")
    parser.add_argument("--sizes", default="512x1024", help="HEIGHTxWIDTH, separated by commas")
    parser.add_argument("--modes", default="eager", help="of eager, compile (with CUDA graphs) and autotune, separated by "
                        "commas; training takes eager and compile")
    parser.add_argument("--batch", type=int, default=16, help="images of a training step")
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--seconds", type=float, default=1, help="of timed runs")
    parser.add_argument("--build-only", action="store_true", help="fill torch.compile's cache and measure nothing")
    parser.add_argument("--until", type=float, default=float("inf"), help="begin nothing after these seconds")
    options = parser.parse_args()
    start = time.monotonic()
    # Measured algorithms, as for the engine.
    torch.backends.cudnn.benchmark = True
    for network in options.networks.split(","):
        for size in options.sizes.split(","):
            for precision in options.precisions.split(","):
                for mode in options.modes.split(","):
                    if time.monotonic() - start > options.until:
                        return
                    row = dict(network=network, size=size, precision=precision, mode=mode)
                    try:
                        measure = inference if options.what == "inference" else training
                        row |= measure(options, network, measurement.size(size), precision, mode)
                    except Exception as error:
                        row["failure"] = f"{type(error).__name__}: {error}".splitlines()[0][:200]
                    print(json.dumps(row), flush=True)
                    torch._dynamo.reset()
                    torch.cuda.empty_cache()


def times(options, run):
    """Milliseconds of each run: by the clock until the device is ready, and between CUDA events."""
    for _ in range(5):
        run()
    torch.cuda.synchronize()
    clock, events, start = [], [], time.monotonic()
    while len(clock) < 10 or time.monotonic() - start < options.seconds:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        before = time.perf_counter()
        begin.record()
        run()
        end.record()
        torch.cuda.synchronize()
        clock.append((time.perf_counter() - before) * 1000)
        events.append(begin.elapsed_time(end))
    return dict(milliseconds=statistics.median(clock), events_milliseconds=statistics.median(events), runs=len(clock))


def compiled(network, mode):
    modes = {"compile": "reduce-overhead", "autotune": "max-autotune"}
    return network if mode == "eager" else torch.compile(network, mode=modes[mode])


def inference(options, name, size, precision, mode):
    torch.cuda.reset_peak_memory_stats()
    network = reference.make_model(options.reference, name, options.classes, auxiliary=False).eval().cuda()
    dtype = getattr(torch, precision)
    # The fastest form: weights and maps in the precision, channels last. The image comes in float32.
    network = network.to(dtype).to(memory_format=torch.channels_last)
    image = torch.randn(1, 3, *size, device="cuda")

    def classes(x):
        x = x.to(dtype).contiguous(memory_format=torch.channels_last)
        return network(x).argmax(1).to(torch.uint8)

    classes = compiled(classes, mode)

    def run():
        with torch.inference_mode():
            return classes(image)

    begin = time.monotonic()
    run()
    torch.cuda.synchronize()
    first = time.monotonic() - begin
    if options.build_only:
        return dict(first_seconds=first)
    return times(options, run) | dict(first_seconds=first, peak_mib=torch.cuda.max_memory_allocated() / 2**20)


def training(options, name, size, precision, mode):
    torch.cuda.reset_peak_memory_stats()
    network = reference.make_model(options.reference, name, options.classes, auxiliary=False).train().cuda()
    network = network.to(memory_format=torch.channels_last)
    images = torch.randn(options.batch, 3, *size, device="cuda").contiguous(memory_format=torch.channels_last)
    labels = torch.randint(options.classes, (options.batch, *size), device="cuda")
    forward = torch.compile(network) if mode == "compile" else network
    criterion = torch.nn.CrossEntropyLoss(ignore_index=255)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=True)
    dtype = getattr(torch, precision)
    scaler = torch.amp.GradScaler("cuda", enabled=dtype == torch.float16)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cuda", dtype=dtype, enabled=dtype != torch.float32):
            scores = forward(images)
        loss = criterion(scores.float(), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()

    step()
    if options.build_only:
        return {}
    return times(options, step) | dict(
        batch=options.batch, peak_mib=torch.cuda.max_memory_allocated() / 2**20)


if __name__ == "__main__":
    print(json.dumps(dict(torch=torch.__version__, cudnn=torch.backends.cudnn.version(),
                          gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None)), flush=True)
    sys.exit(main())
