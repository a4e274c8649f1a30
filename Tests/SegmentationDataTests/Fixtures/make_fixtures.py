# Makes the fixtures of SegmentationDataTests with numpy, OpenCV and colorsys:
#   python make_fixtures.py
import colorsys, json
from pathlib import Path
import cv2, numpy as np

here = Path(__file__).parent
image = np.array([(i * i * 7 + i * 37 + 11) % 256 for i in range(12 * 9 * 3)], np.uint8).reshape(9, 12, 3)


def rounded(x):
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def luma(x):
    return cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)


def brightness(x, f):
    return rounded(x * f)


def contrast(x, f):
    return rounded(x * f + luma(x).mean() * (1 - f))


def saturation(x, f):
    return rounded(x * f + luma(x)[..., None].astype(float) * (1 - f))


def hue(x, shift):
    out = np.empty(x.shape)
    for i in np.ndindex(x.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*(x[i] / 255))
        out[i] = np.array(colorsys.hsv_to_rgb((h + shift) % 1, s, v)) * 255
    return rounded(out)


changes = {"brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue}
cases = [
    [["brightness", 1.4]], [["brightness", 0.5]], [["contrast", 0.6]], [["contrast", 1.6]], [["saturation", 1.7]],
    [["saturation", 0.3]], [["hue", 0.1]], [["hue", -0.35]], [["hue", 0.5]],
    [["brightness", 1.3], ["contrast", 0.7], ["saturation", 1.5]],
    [["saturation", 0.5], ["contrast", 1.4], ["hue", 0.2], ["brightness", 0.8]],
    [["hue", -0.2], ["brightness", 1.2], ["saturation", 1.3], ["contrast", 1.2]],
]
result = []
for case in cases:
    x = image
    for name, amount in case:
        x = changes[name](x, amount)
    result.append({"changes": [[n, str(a)] for n, a in case], "pixels": x.reshape(-1).tolist()})
(here / "jitter.json").write_text(json.dumps(result, separators=(",", ":")))
