"""Times torch's DataLoader with OpenCV and albumentations: the reference's augmentation of training images."""
import argparse
import multiprocessing
import os
import time
from pathlib import Path

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it would ask the network for its newest version

import albumentations
import cv2
import numpy
import torch
from albumentations.pytorch import ToTensorV2
from torch.utils.data import DataLoader, Dataset, RandomSampler

import measurement

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--dataset", choices=["camvid", "cityscapes"], default="camvid")
parser.add_argument("--root", type=Path, required=True, help="the data set's folder")
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--crop", type=measurement.size, default="360x480", help="HEIGHTxWIDTH")
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--batches", type=int, default=50, help="batches that are timed")
parser.add_argument("--warmup", type=int, default=5, help="batches before")
parser.add_argument("--probability", type=float, default=0.5, help="of the random scale and the color jitter")
parser.add_argument("--hue", type=float, default=0.2, help="the color jitter's largest shift of hue")
options = parser.parse_args()

cv2.setNumThreads(0)
torch.set_num_threads(1)
multiprocessing.set_start_method("fork")

IGNORED = 255
CITYSCAPES_CLASSES = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]


def camvid(root):
    images = sorted(path for path in (root / "train").iterdir() if path.suffix in (".png", ".jpg", ".jpeg"))
    return [(path, root / "trainannot" / (path.stem + ".png")) for path in images], list(range(11))


def cityscapes(root):
    images = sorted((root / "leftImg8bit" / "train").glob("*/*_leftImg8bit.png"))
    masks = [
        root / "gtFine" / "train" / path.parent.name / path.name.replace("_leftImg8bit", "_gtFine_labelIds")
        for path in images
    ]
    return list(zip(images, masks)), CITYSCAPES_CLASSES


class Samples(Dataset):
    def __init__(self):
        pairs, raw_values = {"camvid": camvid, "cityscapes": cityscapes}[options.dataset](options.root)
        self.pairs = [(str(image), str(mask)) for image, mask in pairs]
        self.train_ids = numpy.full(256, IGNORED, dtype=numpy.int64)
        self.train_ids[raw_values] = numpy.arange(len(raw_values))
        height, width = options.crop
        self.transform = albumentations.Compose([
            albumentations.RandomScale(scale_limit=(-0.5, 1.0), p=options.probability),
            albumentations.PadIfNeeded(
                min_height=height, min_width=width, border_mode=cv2.BORDER_CONSTANT, fill=(114, 114, 114),
                fill_mask=IGNORED),
            albumentations.RandomCrop(height=height, width=width),
            albumentations.ColorJitter(
                brightness=0.5, contrast=0.5, saturation=0.5, hue=options.hue, p=options.probability),
            albumentations.HorizontalFlip(p=0.5),
            albumentations.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
            ToTensorV2(),
        ])

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        image_path, mask_path = self.pairs[index]
        image = cv2.imread(image_path, cv2.IMREAD_COLOR_RGB)
        mask = cv2.imread(mask_path, cv2.IMREAD_GRAYSCALE)
        sample = self.transform(image=image, mask=mask)
        return sample["image"], torch.from_numpy(self.train_ids[sample["mask"].numpy()])


samples = Samples()
# One long epoch, so that the workers neither start again nor run dry while the time is taken.
ahead = 2 * max(options.workers, 1)
count = options.batch * (options.warmup + options.batches + ahead)
batches = iter(DataLoader(
    samples, batch_size=options.batch, sampler=RandomSampler(samples, num_samples=count), num_workers=options.workers,
    worker_init_fn=lambda _: cv2.setNumThreads(0), drop_last=True))
for _ in range(options.warmup):
    next(batches)
cpu_start = measurement.cpu_seconds()
start = time.perf_counter()
for _ in range(options.batches):
    images, labels = next(batches)
wall = time.perf_counter() - start
cpu = measurement.cpu_seconds() - cpu_start
assert images.dtype == torch.float32 and labels.dtype == torch.int64

measurement.report(
    engine="pytorch",
    images_per_second=options.batch * options.batches / wall,
    cpu_seconds=cpu,
    images_per_cpu_second=options.batch * options.batches / cpu,
    images=options.batch * options.batches,
)
