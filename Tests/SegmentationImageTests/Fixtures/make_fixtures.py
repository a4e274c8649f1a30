# Makes the fixtures of SegmentationImageTests with OpenCV, Pillow and numpy:
#   python make_fixtures.py
import io, struct, zlib
from pathlib import Path
import cv2, numpy as np
from PIL import Image

here = Path(__file__).parent
rng = np.random.default_rng(7)

# A smooth picture with some noise: compressible, yet every rounding matters.
y, x = np.mgrid[0:23, 0:31]
rgb = np.stack([x * 8, y * 11, 255 - 4 * (x + y)], -1) % 256
rgb = np.clip(rgb + rng.integers(-9, 10, rgb.shape), 0, 255).astype(np.uint8)
Image.fromarray(rgb).save(here / "rgb.png")
gray = rgb[..., 0]
mask = (x // 7 + 5 * (y // 6)).astype(np.uint8)

# Every kind of PNG. `np.array(Image.open(f).convert("RGB"))` is what they decode to, kept as raw bytes.
Image.fromarray(gray).save(here / "gray.png")
Image.fromarray(np.dstack([rgb, gray])).save(here / "rgba.png")
Image.fromarray(np.dstack([gray, gray[::-1]])).save(here / "gray_alpha.png")
palette = Image.fromarray(mask % 16).convert("L")
palette = Image.frombytes("P", palette.size, palette.tobytes())
palette.putpalette([c for i in range(16) for c in (i * 16, 255 - i * 10, (i * 53) % 256)])
palette.save(here / "palette4.png", bits=4)
cv2.imwrite(str(here / "rgb16.png"), (rgb[..., ::-1].astype(np.uint16) * 256 + 77))
cv2.imwrite(str(here / "values16.png"), mask.astype(np.uint16))
cv2.imwrite(str(here / "large16.png"), mask.astype(np.uint16) + 300)
Image.fromarray(mask).save(here / "mask.png")


def png(width, height, depth, kind, rows, interlace=0, filters=0):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# 2-bit gray, values 0 1 2 3 / 3 2 1 0.
(here / "gray2.png").write_bytes(png(4, 2, 2, 0, bytes([0, 0b00011011, 0, 0b11100100])))
# An interlaced (Adam7) gray image of 3x3, values 1...9: passes 1 (1), 4 (7... of a 3x3 image), 5, 6, 7.
passes = [[[1]], [[3], [9]] and [], [], [[3]], [[7, 9]], [[2], [8]], [[4, 5, 6]]]
(here / "interlaced.png").write_bytes(
    png(3, 3, 8, 0, b"".join(b"\0" + bytes(row) for rows in passes for row in rows), interlace=1))
assert np.array_equal(np.array(Image.open(here / "interlaced.png")), np.arange(1, 10).reshape(3, 3))
# Claims 60000x60000 pixels.
(here / "bomb.png").write_bytes(png(60000, 60000, 8, 0, b""))

# JPEG: 4:4:4, 4:2:0, gray, progressive.
big = cv2.resize(rgb, (64, 48), interpolation=cv2.INTER_CUBIC)
Image.fromarray(big).save(here / "444.jpg", quality=90, subsampling=0)
Image.fromarray(big).save(here / "420.jpg", quality=90, subsampling=2)
Image.fromarray(big[..., 1]).save(here / "gray.jpg", quality=90)
Image.fromarray(big).save(here / "progressive.jpg", quality=80, progressive=True)
Image.fromarray(big).convert("CMYK").save(here / "cmyk.jpg", quality=50)

# FNV-1a of the decoded pixels, to compare whole images in one number.
def fnv(a):
    h = 0xCBF29CE484222325
    for b in np.ascontiguousarray(a).tobytes():
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"0x{h:016x}"


print("decoded as RGB")
for name in ["rgb.png", "gray.png", "rgba.png", "gray_alpha.png", "palette4.png", "interlaced.png",
             "444.jpg", "420.jpg", "gray.jpg", "progressive.jpg"]:
    image = Image.open(here / name)
    image = image.convert("L") if image.mode == "LA" else image
    image = np.array(image)[..., :3] if image.mode == "RGBA" else np.array(image.convert("RGB"))
    print(f'    ("{name}", {image.shape[0]}, {image.shape[1]}, {fnv(image)}),')
image = cv2.imread(str(here / "rgb16.png"))[..., ::-1]
print(f'    ("rgb16.png", {image.shape[0]}, {image.shape[1]}, {fnv(image)}),')
print("masks")
for name in ["mask.png", "palette4.png"]:
    print(f'    ("{name}", {fnv(np.array(Image.open(here / name)))}),')

print("resized rgb.png (cv2.INTER_LINEAR) and mask.png (cv2.INTER_NEAREST)")
for h, w in [(23, 31), (11, 15), (46, 62), (12, 16), (40, 37), (7, 90), (1, 1), (24, 32), (300, 3), (22, 30)]:
    a = cv2.resize(rgb, (w, h), interpolation=cv2.INTER_LINEAR)
    b = cv2.resize(mask, (w, h), interpolation=cv2.INTER_NEAREST)
    print(f"    ({h}, {w}, {fnv(a)}, {fnv(b)}),")
one = rgb[:, :1]
print("one column to 5x4:", fnv(cv2.resize(one, (4, 5), interpolation=cv2.INTER_LINEAR)))
even = rgb[:22, :30]
print("22x30 halved:", fnv(cv2.resize(even, (15, 11), interpolation=cv2.INTER_LINEAR)))
