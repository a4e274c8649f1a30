# Makes the fixtures of TransformReferenceTests with OpenCV 4.11.0, albumentations 2.0.8 and numpy 2.4.6:
#   NO_ALBUMENTATIONS_UPDATE=1 python make_transforms.py
# Results lie one above the other in transforms.png (images) and transforms_masks.png (masks), in the order of
# transforms.json.
import json
from pathlib import Path
import albumentations.augmentations.dropout.functional as dropout
import albumentations.augmentations.geometric.functional as geometric
import cv2, numpy as np

here = Path(__file__).parent
H, W = 24, 32
y, x = np.mgrid[0:H, 0:W]
# Smooth, so that the fractions of coordinates that OpenCV rounds to 1/32 hardly show.
smooth = np.stack([
    np.rint(128 + 100 * np.sin(x / 5) * np.cos(y / 7)), np.rint(40 + 5 * x + 2 * y), np.rint(200 - 3 * x - 4 * y)
], -1).astype(np.uint8)
noise = np.array([(i * i * 7 + i * 37 + 11) % 256 for i in range(H * W * 3)], np.uint8).reshape(H, W, 3)
mask = ((x // 3 + 2 * (y // 4)) % 11).astype(np.uint8)

images, masks, cases = [], [], []


def add(case, image, labels=None):
    assert image.dtype == np.uint8 and image.shape == (H, W, 3)
    cases.append(case | {"image": len(images)} | ({} if labels is None else {"mask": len(masks)}))
    images.append(image)
    if labels is not None:
        masks.append(labels)


def warp(matrix, border):
    """Images by albumentations' function where it has one; masks in OpenCV's exact arithmetic."""
    mode = {"constant": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_REFLECT_101}[border]
    matrix = np.vstack([matrix, [0, 0, 1]]) if len(matrix) == 2 else matrix
    # warpAffine rounds the coordinates of masks to 1/1024 of a pixel; warpPerspective does not.
    labels = cv2.warpPerspective(mask, matrix, (W, H), flags=cv2.INTER_NEAREST, borderMode=mode, borderValue=255)
    image = geometric.perspective(smooth, matrix, W, H, (114, 114, 114), mode, True, cv2.INTER_LINEAR)
    if mode == cv2.BORDER_CONSTANT and (matrix[2] == [0, 0, 1]).all():
        image = cv2.warpAffine(
            smooth, matrix[:2], (W, H), flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=(114, 114, 114))
    return image, labels


def rotation(degrees):
    return np.vstack([cv2.getRotationMatrix2D(geometric.center((H, W)), degrees, 1), [0, 0, 1]])


def affine(scale, shear_x, shear_y, move_x, move_y):
    return geometric.create_affine_transformation_matrix(
        {"x": move_x, "y": move_y}, {"x": shear_x, "y": shear_y}, {"x": scale, "y": scale}, 0, geometric.center((H, W)))


def perspective(insets):
    corners = np.array([[0, 0], [W - 1, 0], [W - 1, H - 1], [0, H - 1]], np.float64)
    inside = corners + np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array(insets)
    return cv2.getPerspectiveTransform(inside.astype(np.float32), corners.astype(np.float32))


for border in ["constant", "reflect"]:
    for degrees in [10, -33.5, 90]:
        add({"kind": "rotation", "border": border, "values": [degrees]}, *warp(rotation(degrees), border))
    for values in [[0.8, 5, -12, 3.2, -1.7], [1.3, -8, 0, 0, 2.25]]:
        add({"kind": "affine", "border": border, "values": values}, *warp(affine(*values), border))
    for insets in [[[2, 1], [0.5, 3], [4, 2], [1.5, 0.25]], [[6, 4], [0, 0], [3, 5], [1, 2]]]:
        add({"kind": "perspective", "border": border, "values": np.array(insets).reshape(-1).tolist()},
            *warp(perspective(insets), border))
    # Turned, seen from another side, scaled about pixel centers by 1.5 along both sides, cropped at (9, 7), mirrored.
    scale = np.array([[1.5, 0, 0.25], [0, 1.5, 0.25], [0, 0, 1]])
    middle = [(1.5 * W - 1) / 2, (1.5 * H - 1) / 2]
    turn = np.vstack([cv2.getRotationMatrix2D(middle, 20, 1), [0, 0, 1]])
    corners = np.array([[0, 0], [47, 0], [47, 35], [0, 35]], np.float32)
    inside = corners + np.array([[3, 2], [-1, 4], [-5, -1], [2, -3]], np.float32)
    crop = np.array([[1, 0, -9], [0, 1, -7], [0, 0, 1]])
    mirror = np.array([[-1, 0, W - 1], [0, 1, 0], [0, 0, 1]])
    whole = mirror @ crop @ cv2.getPerspectiveTransform(inside, corners) @ turn @ scale
    add({"kind": "composition", "border": border, "values": []}, *warp(whole, border))

for sigma in [0.3, 0.8, 1.7, 3.25]:
    add({"kind": "blur", "values": [sigma]}, cv2.GaussianBlur(noise, (0, 0), sigma))

holes = np.array([[3, 2, 9, 8], [20, 10, 32, 24]])  # left, top, right, bottom
add({"kind": "cutout", "values": holes.reshape(-1).tolist()},
    dropout.cutout(noise.copy(), holes, (114, 114, 114), np.random.default_rng(0)))


# mmsegmentation's PhotoMetricDistortion by its published definition: x * alpha + beta, cut off to integers.
def convert(x, alpha=1.0, beta=0.0):
    return np.clip(x.astype(np.float32) * np.float32(alpha) + np.float32(beta), 0, 255).astype(np.uint8)


def saturation(x, alpha):
    hsv = cv2.cvtColor(x, cv2.COLOR_RGB2HSV)
    hsv[..., 1] = convert(hsv[..., 1], alpha=alpha)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def hue(x, turn):
    hsv = cv2.cvtColor(x, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + turn) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


changes = {
    "brightness": lambda x, v: convert(x, beta=v), "contrast": lambda x, v: convert(x, alpha=v), "saturation": saturation,
    "hue": hue,
}
for steps in [
    [["brightness", 30.7]], [["brightness", -25.2]], [["contrast", 0.55]], [["contrast", 1.45]],
    [["saturation", 0.5]], [["saturation", 1.5]], [["hue", -18]], [["hue", 17]],
    [["brightness", -12.5], ["contrast", 1.2], ["saturation", 1.3], ["hue", 9]],
    [["brightness", 18.25], ["saturation", 0.7], ["hue", -5], ["contrast", 0.8]],
]:
    result = noise
    for name, value in steps:
        result = changes[name](result, value)
    add({"kind": "photometric", "steps": [[name, str(value)] for name, value in steps], "values": []}, result)

# A padding many times as large as the image, which mirrors it several times.
small = noise[:5, :7]
padded = cv2.copyMakeBorder(small, 9, 10, 12, 13, cv2.BORDER_REFLECT_101)
padded_mask = cv2.copyMakeBorder(mask[:5, :7], 9, 10, 12, 13, cv2.BORDER_REFLECT_101)
add({"kind": "padding", "values": []}, padded, padded_mask)

cv2.imwrite(str(here / "transforms.png"), np.vstack(images)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
cv2.imwrite(str(here / "transforms_masks.png"), np.vstack(masks), [cv2.IMWRITE_PNG_COMPRESSION, 9])
(here / "transforms.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
