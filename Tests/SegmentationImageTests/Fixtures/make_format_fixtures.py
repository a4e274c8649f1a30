# Makes the TIFF, WebP and BMP files, and the PNG files of rarer kinds, with Pillow, tifffile, imagecodecs and numpy:
#   pip install numpy pillow tifffile imagecodecs
#   python make_format_fixtures.py
# Prints the hashes (FNV-1a) of what these libraries read from the files, which the tests expect.
import io, struct, zlib
from pathlib import Path
import numpy as np
import tifffile
from PIL import Image, ImageOps

here = Path(__file__).parent / "formats"
here.mkdir(exist_ok=True)
rng = np.random.default_rng(11)
y, x = np.mgrid[0:21, 0:37]
smooth = np.stack([x * 6, y * 11, 255 - 4 * (x + y)], -1)
rgb = np.clip(smooth + rng.integers(-5, 6, smooth.shape), 0, 255).astype(np.uint8)
mask = (x // 7 + 6 * (y // 6)).astype(np.uint8)
rgb16 = (rgb.astype(np.uint16) * 16 + 5)
five = np.stack([x * 500, y * 900, x * y, x + 1000 * y, 65535 - x], -1).astype(np.uint16)
height = (x * 1.25 - y * 3.5).astype(np.float32)


def fnv(a):
    h = 0xCBF29CE484222325
    for b in np.ascontiguousarray(a).tobytes():
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"0x{h:016x}"


def tiff(name, array, **options):
    options.setdefault("metadata", None)
    options.setdefault("software", False)
    tifffile.imwrite(here / name, array, **options)


colors = {"photometric": "rgb"}
tiff("rgb.tif", rgb, **colors)
tiff("lzw.tif", rgb, compression="lzw", predictor=True, rowsperstrip=5, **colors)
tiff("deflate.tif", rgb, compression="deflate", predictor=True, **colors)
tiff("old_deflate.tif", rgb, compression=32946, **colors)
tiff("packbits.tif", rgb, compression="packbits", rowsperstrip=4, **colors)
tiff("zstd.tif", rgb, compression="zstd", **colors)
tiff("lzma.tif", rgb, compression="lzma", **colors)
tiff("jpeg.tif", rgb, compression="jpeg", compressionargs={"level": 90}, tile=(16, 16), **colors)
tiff("webp.tif", rgb, compression="webp", compressionargs={"level": 100, "lossless": True}, **colors)
tiff("tiles.tif", rgb, tile=(16, 16), compression="deflate", **colors)
tiff("planar.tif", np.moveaxis(rgb, -1, 0), planarconfig="separate", **colors)
tiff("planar_tiles.tif", np.moveaxis(rgb, -1, 0), planarconfig="separate", tile=(16, 32), compression="lzw", **colors)
tiff("big_endian.tif", rgb16, byteorder=">", compression="lzw", predictor=True, **colors)
tiff("bigtiff.tif", rgb, bigtiff=True, **colors)
tiff("rgba.tif", np.dstack([rgb, rgb[..., :1]]), extrasamples=["unassalpha"], **colors)
tiff("gray.tif", rgb[..., 0], photometric="minisblack")
tiff("white_is_zero.tif", rgb[..., 0], photometric="miniswhite")
tiff("gray_alpha.tif", np.dstack([rgb[..., 0], rgb[..., 1]]), photometric="minisblack", extrasamples=["unassalpha"],
     planarconfig="contig")
tiff("three_bands.tif", rgb, photometric="minisblack", planarconfig="contig")
tiff("rgb16.tif", rgb16, **colors)
tiff("cmyk.tif", np.dstack([255 - rgb, mask]), photometric="separated", compression="deflate")
tiff("oriented.tif", rgb, extratags=[(274, 3, 1, 6, True)], **colors)
# GDAL says where there is no data, and leaves out tiles that are 0.
tiff("height.tif", height, photometric="minisblack", compression="deflate", predictor=True, tile=(16, 16),
     extratags=[(42113, 2, 0, "-3.5", True)])
tiff("float64.tif", height.astype(np.float64), photometric="minisblack", byteorder=">", compression="deflate")
tiff("float16.tif", height.astype(np.float16), photometric="minisblack")
tiff("int16.tif", (height * 4).astype(np.int16), photometric="minisblack", compression="lzw")
tiff("five.tif", five, photometric="minisblack", planarconfig="contig", compression="zstd", predictor=True)
tiff("five_planar.tif", np.moveaxis(five, -1, 0), photometric="minisblack", planarconfig="separate", compression="lzw")
tiff("five_pages.tif", np.moveaxis(five, -1, 0), photometric="minisblack", compression="deflate")
with tifffile.TiffWriter(here / "two_sizes.tif") as writer:
    writer.write(rgb, metadata=None, software=False, **colors)
    writer.write(rgb[::2, ::2], metadata=None, software=False, **colors)
with tifffile.TiffWriter(here / "overview.tif") as writer:
    writer.write(rgb, metadata=None, software=False, **colors)
    writer.write(rgb[::2, ::2], subfiletype=1, metadata=None, software=False, **colors)
tiff("mask.tif", mask, photometric="minisblack", compression="lzw")
tiff("mask16.tif", mask.astype(np.uint16) + 300, photometric="minisblack", byteorder=">")
tiff("mask32.tif", mask.astype(np.int32), photometric="minisblack")
colormap = np.stack([np.arange(256) * 257, 65535 - np.arange(256) * 200, (np.arange(256) * 53 % 256) * 257])
tiff("palette.tif", mask, photometric="palette", colormap=colormap.astype(np.uint16))
Image.fromarray(mask % 2 == 0).save(here / "fax.tif", compression="group4")
Image.fromarray(mask % 2 == 0).save(here / "bits.tif")


def sparse():
    data = bytearray((here / "height.tif").read_bytes())
    page = tifffile.TiffFile(io.BytesIO(data)).pages[0]
    for tag in (page.tags["TileOffsets"], page.tags["TileByteCounts"]):
        size = {3: 2, 4: 4, 16: 8}[int(tag.dtype)]
        data[tag.valueoffset + size:tag.valueoffset + 2 * size] = b"\0" * size
    (here / "sparse.tif").write_bytes(data)


sparse()

image = Image.fromarray(rgb)
image.save(here / "lossy.webp", quality=80)
image.save(here / "lossless.webp", lossless=True)
Image.fromarray(np.dstack([rgb, rgb[..., :1]])).save(here / "alpha.webp", lossless=True, exact=True)
Image.fromarray(np.dstack([mask] * 3)).save(here / "mask.webp", lossless=True)
exif = Image.Exif()
exif[0x0112] = 6
image.save(here / "oriented.webp", lossless=True, exif=exif)
image.save(here / "animation.webp", save_all=True, append_images=[ImageOps.invert(image)], lossless=True)

image.save(here / "24.bmp")
Image.fromarray(np.dstack([rgb, rgb[..., :1]])).save(here / "32.bmp")
indexed = Image.fromarray(mask).convert("P")
indexed = Image.frombytes("P", indexed.size, mask.tobytes())
indexed.putpalette([c for i in range(256) for c in (i, 255 - i // 2, i * 53 % 256)])
indexed.save(here / "8.bmp")
Image.fromarray(rgb[..., 0]).save(here / "gray.bmp")
Image.fromarray(mask % 2 == 0).save(here / "1.bmp")


def bmp(name, bits, rows, compression=0, palette=b"", header=40, top_down=False, size=(37, 21), extra=b""):
    width, rows_count = size
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, rows_count, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, -rows_count if top_down else rows_count, 1, bits, compression,
                           len(rows), 2835, 2835, len(palette) // 4, 0)
    content = info + extra + palette
    (here / name).write_bytes(b"BM" + struct.pack("<IHHI", 14 + len(content) + len(rows), 0, 0, 14 + len(content))
                              + content + rows)


def padded(rows):
    return b"".join(row + b"\0" * (-len(row) % 4) for row in rows)


four = b"".join(bytes((i * 16, 255 - i * 10, i * 53 % 256, 0)) for i in range(16))
nibbles = mask % 16
packed = [bytes(row[i] << 4 | (row[i + 1] if i + 1 < 37 else 0) for i in range(0, 37, 2)) for row in nibbles]
bmp("4.bmp", 4, padded(packed[::-1]), palette=four)
bmp("top_down.bmp", 24, padded([row[:, ::-1].tobytes() for row in rgb]), top_down=True)
bmp("os2.bmp", 24, padded([row[:, ::-1].tobytes() for row in rgb[::-1]]), header=12)
five_bits = (rgb >> 3).astype(np.uint16)
bmp("555.bmp", 16, padded([(r[:, 0] << 10 | r[:, 1] << 5 | r[:, 2]).astype("<u2").tobytes() for r in five_bits[::-1]]))
six = (rgb[..., 1] >> 2).astype(np.uint16)
bmp("565.bmp", 16, padded([(r[:, 0] << 11 | s << 5 | r[:, 2]).astype("<u2").tobytes()
                           for r, s in zip(five_bits[::-1], six[::-1])]),
    compression=3, extra=struct.pack("<III", 0xF800, 0x7E0, 0x1F))


def runs(row, nibble):
    result, i = b"", 0
    while i < len(row):
        count = 1
        while i + count < len(row) and row[i + count] == row[i]:
            count += 1
        result += bytes((count, row[i] << 4 | row[i] if nibble else row[i]))
        i += count
    return result + b"\0\0"


eight = b"".join(bytes((i, 255 - i, i * 53 % 256, 0)) for i in range(256))
# The first stored row, the lowest one, is written as it is; the last pixels of the second one are left out.
literal = b"\0\x25" + mask[20].tobytes() + b"\0" + b"\0\0"
short = bytes((20, int(mask[19, 0]))) + b"\0\0"
bmp("rle8.bmp", 8, literal + short + b"".join(runs(row, False) for row in mask[18::-1]) + b"\0\1", compression=1,
    palette=eight)
bmp("rle4.bmp", 4, b"".join(runs(row, True) for row in nibbles[::-1]) + b"\0\1", compression=2, palette=four)


# PNG: every depth of gray and of palettes with transparent colors, gray and color of 16 bits with alpha, interlaced.
def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(name, bits, kind, rows, extra=b""):
    header = struct.pack(">IIBBBBB", 37, 21, bits, kind, 0, 0, 0)
    (here / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
                              + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))
                              + chunk(b"IEND", b""))


def bits_of(row, bits):
    digits = "".join(f"{v:0{bits}b}" for v in row)
    digits += "0" * (-len(digits) % 8)
    return bytes(int(digits[i:i + 8], 2) for i in range(0, len(digits), 8))


for bits in (1, 2, 4):
    png(f"gray{bits}.png", bits, 0, [bits_of(row % 2**bits, bits) for row in mask])
for bits in (1, 2, 4, 8):
    entries = bytes(c for i in range(min(2**bits, 24)) for c in (i * 10, 255 - i * 9, i * 53 % 256))
    transparent = chunk(b"tRNS", bytes((0, 128)))
    png(f"palette{bits}.png", bits, 3, [bits_of(row % min(2**bits, 24), bits) for row in mask],
        chunk(b"PLTE", entries) + transparent)
png("gray_alpha16.png", 16, 4, [np.dstack([row, row[::-1]]).astype(">u2").tobytes() for row in five[..., 0]])
png("rgba16.png", 16, 6, [np.dstack([r[:, i] for i in (0, 1, 2, 4)]).astype(">u2").tobytes() for r in five])
png("gray_trns.png", 8, 0, [row.tobytes() for row in rgb[..., 0]], chunk(b"tRNS", b"\0\7"))


def read(name):
    """The pixels in the file's own type, by tifffile or Pillow."""
    if name.endswith(".tif"):
        return tifffile.imread(here / name)
    return np.array(Image.open(here / name))


def eight_bits(name):
    picture = ImageOps.exif_transpose(Image.open(here / name))
    if picture.mode == "RGBA":
        return np.array(picture)[..., :3]
    if picture.mode in ("LA", "La"):
        picture = picture.getchannel(0)
    if picture.mode == "P":
        picture.info.pop("transparency", None)
    return np.array(picture.convert("RGB"))


print("colors, by Pillow")
for path in sorted(here.iterdir()):
    name = path.name
    if name in ("five.tif", "five_planar.tif", "five_pages.tif", "height.tif", "float64.tif", "float16.tif", "int16.tif",
                "sparse.tif", "mask.tif", "mask16.tif", "mask32.tif", "two_sizes.tif", "animation.webp", "rgb16.tif",
                "big_endian.tif", "lzma.tif", "three_bands.tif", "gray_alpha16.png", "rgba16.png", "zstd.tif",
                "planar_tiles.tif", "white_is_zero.tif", "webp.tif", "old_deflate.tif", "gray_alpha.tif"):
        continue
    try:
        pixels = eight_bits(name)
    except Exception as error:
        print("   ", name, error)
        continue
    print(f'      ("{name}", {fnv(pixels)}),')
print("colors, by tifffile and numpy")
for name in ("lzma.tif", "zstd.tif", "three_bands.tif", "webp.tif", "old_deflate.tif"):
    print(f'      ("{name}", {fnv(read(name))}),')
print(f'      ("planar_tiles.tif", {fnv(np.moveaxis(read("planar_tiles.tif"), 0, -1))}),')
for name in ("rgb16.tif", "big_endian.tif"):
    print(f'      ("{name}", {fnv((read(name) >> 8).astype(np.uint8))}),')
print(f'      ("gray_alpha.tif", {fnv(np.dstack([read("gray_alpha.tif")[..., 0]] * 3))}),')
print(f'      ("white_is_zero.tif", {fnv(np.dstack([255 - read("white_is_zero.tif")] * 3))}),')
print(f'      ("gray_alpha16.png", {fnv(np.dstack([(five[..., 0] >> 8).astype(np.uint8)] * 3))}),')
print(f'      ("rgba16.png", {fnv((five[..., :3] >> 8).astype(np.uint8))}),')
print("white 4095:", fnv(np.minimum(255, (read("rgb16.tif").astype(int) * 255 + 2047) // 4095).astype(np.uint8)))
print("range:", read("rgb16.tif").min(), read("rgb16.tif").max())
print("values")
for name in ("mask.tif", "mask32.tif", "palette.tif", "8.bmp", "4.bmp", "rle8.bmp", "rle4.bmp", "palette4.png"):
    print(f'      ("{name}", {fnv(read(name).astype(np.uint8))}),')
print(f'      ("mask.webp", {fnv(read("mask.webp")[..., 0])}),')
print(f'      ("bits.tif", {fnv(np.array(Image.open(here / "bits.tif")).astype(np.uint8) * 255)}),')
print("wide values", fnv(read("mask16.tif").astype("<u2")))
print("floats")
data = read("height.tif").copy()
data[data == -3.5] = np.nan
print(f'      ("height.tif", 1, {fnv(data)}),')
for name, planes in (("float64.tif", 1), ("float16.tif", 1), ("int16.tif", 1), ("five.tif", 5), ("rgba.tif", 4),
                     ("gray_alpha.tif", 2), ("rgb16.tif", 3), ("big_endian.tif", 3), ("cmyk.tif", 4)):
    print(f'      ("{name}", {planes}, {fnv(read(name).astype("<f4"))}),')
for name in ("five_planar.tif", "five_pages.tif"):
    print(f'      ("{name}", 5, {fnv(np.moveaxis(read(name), 0, -1).astype("<f4"))}),')
print(f'      ("gray_alpha16.png", 2, {fnv(np.dstack([five[..., 0], five[:, ::-1, 0]]).astype("<f4"))}),')
print(f'      ("rgba16.png", 4, {fnv(five[..., [0, 1, 2, 4]].astype("<f4"))}),')
for name in ("lossless.webp", "24.bmp", "palette.tif", "palette8.png", "8.bmp"):
    print(f'      ("{name}", 3, {fnv(eight_bits(name).astype("<f4"))}),')
print(f'      ("gray1.png", 1, {fnv(((mask % 2) * 255).astype("<f4"))}),')
tiles = read("height.tif").copy()
tiles[:16, 16:32] = 0
tiles[tiles == -3.5] = np.nan
print(f'      ("sparse.tif", 1, {fnv(tiles)}),')
