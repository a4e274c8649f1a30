# Makes the small images with EXIF orientations, of 16 bits and of CMYK with Pillow and numpy:
#   python make_exif_fixtures.py
# Prints the hashes (FNV-1a) of what Pillow makes of them, which the tests expect.
import io, struct, zlib
from pathlib import Path
import numpy as np
from PIL import Image, ImageOps

here = Path(__file__).parent / "orientation"
here.mkdir(exist_ok=True)
y, x = np.mgrid[0:5, 0:7]
rgb = np.stack([x * 36, y * 60, 255 - 20 * (x + y)], -1).astype(np.uint8)


def fnv(a):
    h = 0xCBF29CE484222325
    for b in np.ascontiguousarray(a).tobytes():
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"0x{h:016x}"


def tiff(orientation, big):
    order = ">" if big else "<"
    entries = [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    block = (b"MM\0*" if big else b"II*\0") + struct.pack(order + "IH", 8, len(entries))
    for tag, kind, count, value in entries:
        block += struct.pack(order + "HHI", tag, kind, count) + value
    return block + struct.pack(order + "I", 0)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


print("turned, as ImageOps.exif_transpose does")
for orientation in range(1, 9):
    block = tiff(orientation, big=orientation % 2 == 0)
    # An APP1 segment of another kind (XMP) comes first.
    plain = io.BytesIO()
    Image.fromarray(rgb).save(plain, "JPEG", quality=95, subsampling=0)
    plain = plain.getvalue()
    segments = b""
    for content in [b"http://ns.adobe.com/xap/1.0/\0<x/>", b"Exif\0\0" + block]:
        segments += b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
    (here / f"{orientation}.jpg").write_bytes(plain[:2] + segments + plain[2:])
    # eXIf before the picture and, for even ones, behind it.
    plain = io.BytesIO()
    Image.fromarray(rgb).save(plain, "PNG")
    plain = plain.getvalue()
    at = 33 if orientation % 2 else len(plain) - 12
    (here / f"{orientation}.png").write_bytes(plain[:at] + chunk(b"eXIf", block) + plain[at:])
    for name in [f"{orientation}.jpg", f"{orientation}.png"]:
        turned = np.array(ImageOps.exif_transpose(Image.open(here / name)))
        print(f'    ("orientation/{name}", {turned.shape[0]}, {turned.shape[1]}, {fnv(turned)}),')

# A mask of values that is turned like the image.
Image.fromarray((x + 7 * y).astype(np.uint8)).save(here / "mask.png", exif=tiff(6, True))
print("mask.png", fnv(np.array(ImageOps.exif_transpose(Image.open(here / "mask.png")))))

# Inks: Pillow's files carry Adobe's marker. For YCCK the marker's last byte says 2 in place of 0: the first three
# channels are then taken for YCC. Without the marker, inks are stored as they are.
inks = np.stack([x * 36, y * 60, 255 - 20 * (x + y), (x * y) * 8], -1).astype(np.uint8)
inks = np.array(Image.fromarray(inks, "CMYK").resize((64, 48), Image.BICUBIC))
Image.fromarray(inks, "CMYK").save(here.parent / "inks.jpg", quality=95)
data = (here.parent / "inks.jpg").read_bytes()
at = data.index(b"\xff\xee\x00\x0eAdobe")
(here.parent / "ycck.jpg").write_bytes(data[: at + 15] + b"\2" + data[at + 16 :])
(here.parent / "inks_plain.jpg").write_bytes(data[:at] + data[at + 16 :])
print("inks as RGB")
for name in ["cmyk.jpg", "inks.jpg", "ycck.jpg"]:
    image = np.array(Image.open(here.parent / name).convert("RGB"))
    print(f'    ("{name}", {image.shape[0]}, {image.shape[1]}, {fnv(image)}),')
# Pillow always takes inks for inverted.
image = Image.open(here.parent / "inks_plain.jpg")
plain = Image.fromarray(255 - np.array(image), "CMYK").convert("RGB")
print(f'    ("inks_plain.jpg", {plain.height}, {plain.width}, {fnv(plain)}),')

# Gray of 16 bits that stops at 4095, and what a white of 4095 makes of it.
wide = np.linspace(0, 4095, 35).round().astype(np.uint16).reshape(5, 7)
Image.fromarray(wide).save(here.parent / "gray12.png")
gray = (wide.astype(np.uint32) * 255 + 2047) // 4095
print("gray12.png, white 4095", fnv(np.repeat(gray.astype(np.uint8)[..., None], 3, -1)))
gray = np.minimum(255, (wide.astype(np.uint32) * 255 + 500) // 1000)
print("gray12.png, white 1000", fnv(np.repeat(gray.astype(np.uint8)[..., None], 3, -1)))
