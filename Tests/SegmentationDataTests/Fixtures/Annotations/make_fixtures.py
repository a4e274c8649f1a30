"""Writes small data sets in the layouts of annotation tools, and the masks that the tools' own code draws for them.

Needs numpy, pillow, opencv-python-headless, pycocotools, labelme and label-studio-sdk. Usage: make_fixtures.py FOLDER
"""
import base64
import io
import importlib.util
import json
import sys
import types
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw
from pycocotools import mask as coco

import importlib.metadata

ROOT = Path(sys.argv[1])
SITE = Path(cv2.__file__).parent.parent
HEIGHT, WIDTH = 36, 48


def module(path, name, **before):
    """A module of a package without the rest of it, which wants a screen or a server."""
    for key, value in before.items():
        sys.modules[key.replace("__", ".")] = value
    spec = importlib.util.spec_from_file_location(name, SITE / path)
    result = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(result)
    return result


stub = types.ModuleType("labelme._label_file")
stub.ShapeDict = dict
package = types.ModuleType("labelme")
package.__path__ = []
labelme = module("labelme/utils/shape.py", "labelme_shape", labelme=package, labelme___label_file=stub)
sys.modules["labelme._label_file"] = stub
brush = module("label_studio_sdk/converter/brush.py", "brush")


def image(path, seed):
    """A picture that no other one equals."""
    image.count = getattr(image, "count", 0) + 1
    seed += 7 * image.count
    path.parent.mkdir(parents=True, exist_ok=True)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    pixels = np.stack([x * 5, y * 6, (x + y + 5 * seed) % 256], 2).astype(np.uint8)
    Image.fromarray(pixels).save(path)


def expect(folder, name, mask):
    path = ROOT / folder / "expected" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask.astype(np.uint8)).save(path, optimize=True)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))


def png(mask):
    data = io.BytesIO()
    Image.fromarray(mask).save(data, "png")
    return data.getvalue()


def polygon(rng, corners, margin=2):
    points = rng.uniform([margin, margin], [WIDTH - margin, HEIGHT - margin], (corners, 2))
    return [[round(float(x), 2), round(float(y), 2)] for x, y in points]


def make_labelme():
    folder = ROOT / "labelme"
    write(folder / "labels.txt", "__ignore__\n_background_\nroad\ncar\nlane\n")
    numbers = {"_background_": 0, "road": 1, "car": 2, "lane": 3, "__ignore__": 255}
    for index in range(3):
        rng = np.random.default_rng(index)
        shapes = [
            dict(label="road", shape_type="polygon", points=polygon(rng, 5)),
            dict(label="car", shape_type="rectangle", points=[[30.6, 20.2], [9.4, 8.9]]),
            dict(label="car", shape_type="circle", points=[[24.3, 17.1], [24.3 + 3 * index + 4, 20.0]]),
            dict(label="lane", shape_type="line", points=[[3.0, 30.5], [40.2, 5.5 + index]]),
            dict(label="lane", shape_type="linestrip", points=[[5, 5], [12.5, 9.2], [20, 4 + 3 * index]]),
            dict(label="__ignore__", shape_type=None, points=polygon(rng, 3)),
            dict(label="car", shape_type="mask", points=[[2, 3], [9, 8]],
                 mask=base64.b64encode(png(rng.integers(0, 2, (6, 8)).astype(bool))).decode()),
        ]
        shapes[5].pop("shape_type")
        name = f"scene {index}"
        image(folder / "images" / f"{name}.png", index)
        write(folder / "annotations" / f"{name}.json", dict(
            version="5.5.0", flags={}, shapes=[dict(group_id=None, flags={}, **shape) for shape in shapes],
            imagePath=f"..\\images\\{name}.png", imageData=None, imageHeight=HEIGHT, imageWidth=WIDTH))
        decoded = []
        for shape in shapes:
            shape = dict(shape, points=[list(point) for point in shape["points"]])
            if shape.get("shape_type") == "mask":
                data = io.BytesIO(base64.b64decode(shape["mask"]))
                shape["mask"] = np.array(Image.open(data)).astype(bool)
            decoded.append(shape)
        label, _ = labelme.shapes_to_label((HEIGHT, WIDTH), decoded, numbers)
        expect("labelme", f"annotations/{name}", label)


def make_cvat():
    folder = ROOT / "cvat"
    write(folder / "labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:48,112,32::\ndog:250,50,83::\n")
    colors = np.array([[0, 0, 0], [48, 112, 32], [250, 50, 83]], np.uint8)
    rng = np.random.default_rng(5)
    for name, mode in (("a", "RGB"), ("b", "P")):
        label = rng.integers(0, 3, (HEIGHT // 4, WIDTH // 4)).repeat(4, 0).repeat(4, 1)
        image(folder / "JPEGImages" / f"{name}.jpg", 1)
        (folder / "SegmentationClass").mkdir(exist_ok=True)
        picture = Image.fromarray(colors[label])
        if mode == "P":
            # The palette of this file has another order than labelmap.txt.
            order = np.array([2, 0, 1])
            picture = Image.fromarray(order[label].astype(np.uint8), "P")
            palette = np.zeros((3, 3), np.uint8)
            palette[order] = colors
            picture.putpalette(palette.reshape(-1).tolist())
        picture.save(folder / "SegmentationClass" / f"{name}.png")
        expect("cvat", name, label)
    write(folder / "ImageSets/Segmentation/default.txt", "a\nb\n")


def runs(pixels):
    """Lengths outside and inside by turns, in the order of the pixels."""
    counts, value, length = [], False, 0
    for pixel in pixels:
        if pixel != value:
            counts.append(length)
            value, length = not value, 0
        length += 1
    return counts + [length]


def coco_mask(rings):
    merged = coco.merge(coco.frPyObjects([np.array(r).reshape(-1).tolist() for r in rings], HEIGHT, WIDTH))
    return coco.decode(merged).astype(bool)


def make_cvat_xml():
    rng = np.random.default_rng(9)
    ring, low = polygon(rng, 6), polygon(rng, 4)
    stroke = rng.random((5, 7)) < 0.5
    expected = np.zeros((HEIGHT, WIDTH), int)
    expected[coco_mask([low])] = 2
    expected[coco_mask([ring])] = 1
    expected[coco_mask([[[3.5, 4], [12.25, 4], [12.25, 9.5], [3.5, 9.5]]])] = 2
    expected[20:25, 30:37][stroke] = 1
    points = ";".join(f"{x},{y}" for x, y in ring)
    lower = ";".join(f"{x},{y}" for x, y in low)
    write(ROOT / "cvat-xml/annotations.xml", f"""<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><labels>
    <label><name>tree</name><color>#00ff10</color><type>any</type><attributes></attributes></label>
    <label><name>sky</name><color>#2040ff</color><type>any</type><attributes></attributes></label>
  </labels></task></meta>
  <image id="0" name="one.png" subset="Validation" width="{WIDTH}" height="{HEIGHT}">
    <polygon label="tree" source="manual" occluded="0" points="{points}" z_order="1"></polygon>
    <polygon label="sky" source="manual" occluded="0" points="{lower}" z_order="0"></polygon>
    <box label="sky" source="manual" occluded="0" xtl="3.5" ytl="4.00" xbr="12.25" ybr="9.50" z_order="2"></box>
    <mask label="tree" source="manual" occluded="0" rle="{', '.join(map(str, runs(stroke.reshape(-1))))}" left="30" top="20" width="7" height="5" z_order="3"></mask>
    <points label="tree" source="manual" occluded="0" points="3.0,4.0" z_order="3"></points>
  </image>
</annotations>
""")
    image(ROOT / "cvat-xml/images/one.png", 2)
    expect("cvat-xml", "one", expected)


def make_coco():
    for folder, roboflow in (("coco", False), ("roboflow-coco", True)):
        categories = [dict(id=3, name="cow"), dict(id=17, name="horse")]
        if roboflow:
            categories.insert(0, dict(id=0, name="animals", supercategory="none"))
        images, annotations = [], []
        for index in range(2):
            rng = np.random.default_rng(20 + index)
            name = f"{index:012d}.jpg"
            image(ROOT / folder / ("valid" if roboflow else "val2017") / name, index)
            images.append(dict(id=100 + index, file_name=name, height=HEIGHT, width=WIDTH))
            rough = rng.random((HEIGHT // 6, WIDTH // 6)).repeat(6, 0).repeat(6, 1) < 0.3
            packed = coco.encode(np.asfortranarray(rough.astype(np.uint8)))
            things = [
                (3, [polygon(rng, 7), polygon(rng, 3)], None),
                (17, [polygon(rng, 4)], None),
                (17, None, dict(size=[HEIGHT, WIDTH], counts=packed["counts"].decode())),
                (3, None, dict(size=[HEIGHT, WIDTH], counts=runs(rough[::-1].T.reshape(-1)))),
            ]
            drawn = []
            for number, (category, rings, rle) in enumerate(things):
                mask = coco_mask(rings) if rings else (rough if number == 2 else rough[::-1])
                crowd = int(number == 3)
                annotations.append(dict(
                    id=1000 * index + number, image_id=100 + index, category_id=category, iscrowd=crowd,
                    area=float(mask.sum()),
                    segmentation=[np.array(r).reshape(-1).tolist() for r in rings] if rings else rle))
                drawn.append((1 - crowd, -float(mask.sum()), number, mask, {3: 1, 17: 2}[category]))
            expected = np.zeros((HEIGHT, WIDTH), int)
            for _, _, _, mask, label in sorted(drawn, key=lambda item: item[:3]):
                expected[mask] = label
            expect(folder, name[:-4], expected)
        place = "valid/_annotations.coco.json" if roboflow else "annotations/instances_val2017.json"
        write(ROOT / folder / place, dict(images=images, annotations=annotations, categories=categories))


def make_panoptic():
    folder = ROOT / "coco-panoptic"
    ids = np.zeros((HEIGHT, WIDTH), int)
    ids[:20] = 3226956
    ids[20:, 10:] = 70000
    ids[5:9, 5:30] = 260
    picture = np.stack([ids % 256, ids // 256 % 256, ids // 65536], 2).astype(np.uint8)
    (folder / "annotations/panoptic_val2017").mkdir(parents=True)
    Image.fromarray(picture).save(folder / "annotations/panoptic_val2017/7.png")
    image(folder / "val2017/7.jpg", 3)
    write(folder / "annotations/panoptic_val2017.json", dict(
        images=[dict(id=7, file_name="7.jpg", height=HEIGHT, width=WIDTH)],
        annotations=[dict(image_id=7, file_name="7.png", segments_info=[
            dict(id=3226956, category_id=187), dict(id=70000, category_id=149), dict(id=260, category_id=1)])],
        categories=[dict(id=149, name="road", color=[128, 64, 128], isthing=0),
                    dict(id=1, name="person", color=[220, 20, 60], isthing=1),
                    dict(id=187, name="sky", color=[70, 130, 180], isthing=0)]))
    expected = np.full((HEIGHT, WIDTH), 255)
    expected[ids == 260], expected[ids == 70000], expected[ids == 3226956] = 0, 1, 2
    expect("coco-panoptic", "7", expected)


def make_label_studio():
    folder = ROOT / "label-studio"
    rng = np.random.default_rng(30)
    stroke = (rng.random((HEIGHT // 3, WIDTH // 3)) < 0.4).repeat(3, 0).repeat(3, 1)
    rle = brush.encode_rle(np.repeat((stroke * 255).astype(np.uint8)[:, :, None], 4, 2).reshape(-1))
    assert (brush.decode_rle(rle).reshape(HEIGHT, WIDTH, 4)[:, :, 3] > 0).tolist() == stroke.tolist()
    ring = [[10.5, 20.25], [80, 30], [60.5, 90], [20, 75]]
    expected = np.zeros((HEIGHT, WIDTH), int)
    scaled = [[x / 100 * WIDTH, y / 100 * HEIGHT] for x, y in ring]
    box = [[x / 100 * WIDTH, y / 100 * HEIGHT] for x, y in ((50, 5), (75, 5), (75, 25), (50, 25))]
    expected[coco_mask([scaled])] = 2
    expected[stroke] = 1
    expected[coco_mask([box])] = 2
    size = dict(original_width=WIDTH, original_height=HEIGHT, image_rotation=0)
    results = [
        dict(size, type="polygonlabels", value=dict(points=ring, polygonlabels=["wall"], closed=True)),
        dict(size, type="brushlabels", value=dict(format="rle", rle=list(map(int, rle)), brushlabels=["rust"])),
        dict(size, type="rectanglelabels", value=dict(x=50, y=5, width=25, height=20, rotation=0, rectanglelabels=["wall"])),
        dict(type="choices", value=dict(choices=["good"])),
    ]
    write(folder / "export.json", [
        dict(id=8, data=dict(image="/data/upload/3/1a2b3c4d-plate%20one.png", note=5), annotations=[
            dict(id=1, was_cancelled=True, result=[]), dict(id=2, was_cancelled=False, result=results)]),
        dict(id=9, data=dict(image="/data/upload/3/1a2b3c4d-plate%20two.png"), annotations=[])])
    image(folder / "images/plate one.png", 4)
    expect("label-studio", "plate one", expected)


def make_voc():
    folder = ROOT / "voc"
    rng = np.random.default_rng(40)
    palette = []
    for value in range(256):
        color, rest = [0, 0, 0], value
        for bit in range(8):
            for channel in range(3):
                color[channel] |= (rest >> channel & 1) << (7 - bit)
            rest >>= 3
        palette += color
    for name in ("2007_000032", "2007_000039"):
        label = rng.choice([0, 1, 15, 20, 255], (HEIGHT // 6, WIDTH // 6)).repeat(6, 0).repeat(6, 1)
        image(folder / f"JPEGImages/{name}.jpg", 5)
        (folder / "SegmentationClass").mkdir(exist_ok=True)
        picture = Image.fromarray(label.astype(np.uint8), "P")
        picture.putpalette(palette)
        picture.save(folder / f"SegmentationClass/{name}.png")
        expect("voc", name, label)
    write(folder / "ImageSets/Segmentation/train.txt", "2007_000032\n")
    write(folder / "ImageSets/Segmentation/val.txt", "2007_000039\n")


def make_yolo():
    folder = ROOT / "yolo"
    write(folder / "data.yaml", "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: crack\n  1: hole\n")
    for split, seed in (("train", 50), ("val", 51)):
        rng = np.random.default_rng(seed)
        lines, things = [], []
        for number in range(5):
            ring = rng.uniform(0.03, 0.97, (int(rng.integers(3, 9)), 2)).round(6)
            label = number % 2
            lines.append(f"{label} " + " ".join(map(str, ring.reshape(-1))))
            things.append((ring, label))
        # As ultralytics.data.utils.polygons2masks_overlap draws them: whole pixels, larger areas first.
        scaled = [(ring.astype(np.float32) * np.array([WIDTH, HEIGHT], np.float32), label) for ring, label in things]
        def area(ring):
            x, y = ring[:, 0].astype(float), ring[:, 1].astype(float)
            return abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()) / 2
        expected = np.full((HEIGHT, WIDTH), 2, np.uint8)
        for ring, label in sorted(scaled, key=lambda item: -area(item[0])):
            cv2.fillPoly(expected, [ring.astype(np.int32).reshape(-1, 1, 2)], label)
        image(folder / f"images/{split}/x.jpg", 6)
        write(folder / f"labels/{split}/x.txt", "\n".join(lines) + "\n0 0.5 0.5 0.1 0.1\n")
        expect("yolo", split, expected)


def make_roboflow():
    folder = ROOT / "roboflow"
    rng = np.random.default_rng(60)
    for split in ("train", "valid"):
        label = rng.integers(0, 3, (HEIGHT // 6, WIDTH // 6)).repeat(6, 0).repeat(6, 1)
        name = "leaf_jpg.rf.0123abcd"
        image(folder / split / f"{name}.jpg", 7)
        Image.fromarray(label.astype(np.uint8)).save(folder / split / f"{name}_mask.png")
        write(folder / split / "_classes.csv", "Pixel Value, Class\n0, background\n1, leaf\n2, rust spot\n")
        expect("roboflow", split, label)


def make_supervisely():
    folder = ROOT / "supervisely"
    rng = np.random.default_rng(70)
    stroke = rng.random((9, 11)) < 0.5
    alpha = np.stack([stroke * 255] * 4, 2).astype(np.uint8)
    ring, hole = [[4, 4], [40, 6], [35, 30], [8, 28]], [[15, 10], [25, 12], [20, 20]]
    write(folder / "meta.json", dict(classes=[
        dict(title="field", shape="polygon", color="#10A020"), dict(title="weed", shape="bitmap", color="#C02060")]))
    write(folder / "val/ann/f.png.json", dict(size=dict(height=HEIGHT, width=WIDTH), tags=[], objects=[
        dict(classTitle="field", geometryType="polygon", points=dict(exterior=ring, interior=[hole])),
        dict(classTitle="weed", geometryType="bitmap", bitmap=dict(
            data=base64.b64encode(zlib.compress(png(alpha))).decode(), origin=[33, 20])),
        dict(classTitle="weed", geometryType="bitmap", bitmap=dict(
            data=base64.b64encode(zlib.compress(png(stroke))).decode(), origin=[1, 1])),
        dict(classTitle="weed", geometryType="rectangle", points=dict(exterior=[[30, 2], [44, 9]], interior=[])),
    ]))
    image(folder / "val/img/f.png", 8)
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    field = np.zeros_like(expected)
    cv2.fillPoly(field, [np.array(ring, np.int32)], 1)
    cv2.fillPoly(field, [np.array(hole, np.int32)], 0)
    expected[field == 1] = 1
    expected[20:29, 33:44][stroke] = 2
    expected[1:10, 1:12][stroke] = 2
    expected[2:10, 30:45] = 2
    expect("supervisely", "val/f", expected)


def make_cityscapes():
    folder = ROOT / "cityscapes"
    rng = np.random.default_rng(80)
    objects = [
        dict(label="road", polygon=[[0, 0], [47, 0], [47, 35], [0, 35]]),
        dict(label="ego vehicle", polygon=[[0, 30], [47, 30], [47, 35], [0, 35]]),
        dict(label="cargroup", polygon=[[int(x), int(y)] for x, y in polygon(rng, 6)]),
        dict(label="person", polygon=[[int(x), int(y)] for x, y in polygon(rng, 5)]),
        dict(label="sky", deleted=1, polygon=[[0, 0], [47, 0], [47, 35]]),
    ]
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    for item, value in zip(objects, (0, 255, 13, 11)):
        ImageDraw.Draw(picture).polygon([tuple(point) for point in item["polygon"]], fill=value)
    write(folder / "gtFine/train/ulm/ulm_000001_000019_gtFine_polygons.json", dict(
        imgHeight=HEIGHT, imgWidth=WIDTH, objects=objects))
    image(folder / "leftImg8bit/train/ulm/ulm_000001_000019_leftImg8bit.png", 9)
    expect("cityscapes", "ulm/ulm_000001_000019_leftImg8bit", np.array(picture))


for maker in [value for name, value in list(globals().items()) if name.startswith("make_")]:
    maker()
