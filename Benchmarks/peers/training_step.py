"""Times a training step of PyTorch on one batch of random numbers: the reference's network and loss, and what
its trainer does with a batch."""
import argparse
import statistics
import time
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

import measurement
import reference

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--reference", type=Path, required=True, help="a checkout of the reference")
parser.add_argument("--network", required=True)
parser.add_argument("--aux", action="store_true", help="train auxiliary heads too")
parser.add_argument("--classes", type=int, default=19)
parser.add_argument("--batch", type=int, default=4)
parser.add_argument("--crop", type=measurement.size, default="256x512", help="HEIGHTxWIDTH")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=10, help="steps that are timed")
parser.add_argument("--warmup", type=int, default=3, help="steps before")
parser.add_argument("--loss", choices=["ohem", "ce"], default="ohem")
parser.add_argument("--channels-last", action="store_true", help="network and images in channels-last memory format")
parser.add_argument("--compile", action="store_true", help="the network by torch.compile")
options = parser.parse_args()

torch.set_num_threads(options.threads)
torch.manual_seed(1)
start_bytes = measurement.memory("VmRSS")
model = reference.make_model(options.reference, options.network, options.classes, options.aux).train()
images = torch.randn(options.batch, 3, *options.crop)
labels = torch.randint(options.classes, (options.batch, *options.crop))
if options.channels_last:
    model = model.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
if options.compile:
    model = torch.compile(model)
criterion = reference.make_loss(options.reference, options.loss)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)


def step():
    optimizer.zero_grad()
    if options.aux:
        scores, auxiliary = model(images, is_training=True)
        loss = criterion(scores, labels)
        label_images = labels.unsqueeze(1).float()
        for head in auxiliary:
            shrunk = F.interpolate(label_images, head.shape[2:], mode="nearest").squeeze(1).long()
            loss = loss + criterion(head, shrunk)
    else:
        loss = criterion(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


for _ in range(options.warmup):
    step()
times = []
for _ in range(options.steps):
    start = time.perf_counter()
    loss = step()
    times.append(time.perf_counter() - start)

measurement.report(
    engine="pytorch" + (" compiled" if options.compile else "") + (" channels-last" if options.channels_last else ""),
    libtorch=torch.__version__,
    network=options.network,
    median_seconds=statistics.median(times),
    p95_seconds=float(numpy.quantile(times, 0.95)),
    steps=options.steps,
    start_bytes=start_bytes,
    peak_bytes=measurement.memory(),
    loss=loss,
)
