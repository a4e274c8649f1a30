import SegmentationData

/// Scenes of all kinds, land from above, rough terrain and endoscopy.
extension DataTree {
  private static let masks = "SegmentationClass"
  private static let isprs = [
    "#ffffff": "impervious_surface", "#0000ff": "building", "#00ffff": "low_vegetation", "#00ff00": "tree",
    "#ffff00": "car", "#ff0000": "clutter", "#000000": "ignored",
  ]
  private static let isprsTiles = [
    "0": "ignored", "1": "impervious_surface", "2": "building", "3": "low_vegetation", "4": "tree", "5": "car",
    "6": "clutter",
  ]

  static let scenes = [
    DataTree(
      name: "ade20k", classes: 150,
      splits: [
        .train: [Pair("images/training/ADE_train_00000001.jpg", "annotations/training/ADE_train_00000001.png")],
        .val: [Pair("images/validation/ADE_val_00000001.jpg", "annotations/validation/ADE_val_00000001.png")],
      ],
      others: ["objectInfo150.txt"], meanings: ["0": "ignored", "1": "wall", "13": "person", "150": "flag"]),
    DataTree(
      name: "coco-stuff", classes: 171,
      splits: [
        .train: [Pair("images/train2017/000000000009.jpg", "annotations/train2017/000000000009.png")],
        .val: [Pair("images/val2017/000000000139.jpg", "annotations/val2017/000000000139.png")],
      ],
      others: ["annotations/train2017/000000000009_labelTrainIds.png"],
      meanings: ["0": "person", "12": "stop sign", "89": "toothbrush", "91": "banner", "181": "wood", "255": "ignored"]),
    voc("pascal-voc", further: nil),
    voc("pascal-voc-aug", further: Pair("JPEGImages/2008_000002.jpg", "SegmentationClassAug/2008_000002.png")),
    context("pascal-context", classes: 60, background: "background"),
    context("pascal-context-59", classes: 59, background: "ignored"),
    DataTree(
      name: "loveda", classes: 7,
      splits: [
        .train: land("Train", "0", "1366"), .val: land("Val", "2522", "3514"),
        .test: land("Test", "4191", "5167").map { Pair($0.image) },
      ],
      meanings: ["0": "ignored", "1": "background", "2": "building", "7": "agricultural"]),
    DataTree(
      name: "potsdam", classes: 6,
      splits: [
        .train: [potsdam("2_10"), potsdam("6_7"), potsdam("7_12")],
        .val: [potsdam("2_13"), potsdam("4_15"), potsdam("7_13")],
      ],
      meanings: isprs),
    DataTree(
      name: "vaihingen", classes: 6,
      splits: [.train: [vaihingen(1), vaihingen(37)], .val: [vaihingen(2), vaihingen(38)]], meanings: isprs),
    tiles("potsdam-tiles", "2_10_0_0_512_512", "2_13_0_0_512_512"),
    tiles("vaihingen-tiles", "area1_0_0_512_512", "area2_0_0_512_512"),
    DataTree(
      name: "rellis-3d", classes: 19,
      splits: [.train: [rellis("00000", 0)], .val: [rellis("00001", 5)], .test: [rellis("00002", 7)]],
      lists: Dictionary(
        uniqueKeysWithValues: [
          ("train", rellis("00000", 0)), ("val", rellis("00001", 5)), ("test", rellis("00002", 7)),
        ]
        .map { ("\($0.0).lst", "\($0.1.image) \($0.1.mask ?? "")\n") }),
      meanings: ["0": "ignored", "1": "dirt", "3": "grass", "33": "mud", "34": "rubble"]),
    DataTree(
      name: "rugd", classes: 24,
      splits: [
        .train: [rugd("park-2", 1), rugd("trail", 11), rugd("trail-3", 1), rugd("trail-15", 6), rugd("village", 6)],
        .val: [rugd("park-8", 1), rugd("trail-5", 1)],
        .test: [rugd("creek", 1), rugd("park-1", 1), rugd("trail-13", 1), rugd("trail-7", 1)],
      ],
      meanings: [
        "#000000": "ignored", "#6c4014": "dirt", "#006600": "grass", "#ff007f": "container/generic-object",
        "#72552f": "picnic-table",
      ]),
    DataTree(
      name: "kvasir-seg", classes: 2,
      splits: [.train: [Pair("images/cju0qkwl35piu0993l0dewei2.jpg", "masks/cju0qkwl35piu0993l0dewei2.jpg")]],
      others: ["kavsir_bboxes.json"], meanings: ["0": "background", "255": "polyp"]),
  ]

  private static func voc(_ name: String, further: Pair?) -> DataTree {
    var tree = DataTree(
      name: name, classes: 21,
      splits: [
        .train: [Pair("JPEGImages/2007_000032.jpg", "\(masks)/2007_000032.png")] + (further.map { [$0] } ?? []),
        .val: [Pair("JPEGImages/2007_000033.jpg", "\(masks)/2007_000033.png")],
      ],
      lists: [
        "ImageSets/Segmentation/train.txt": "2007_000032\n", "ImageSets/Segmentation/val.txt": "2007_000033\n",
        "ImageSets/Segmentation/test.txt": "2008_000006\n", "ImageSets/Segmentation/aug.txt": "2008_000002\n",
      ],
      others: ["JPEGImages/2007_000027.jpg"],
      meanings: ["0": "background", "1": "aeroplane", "15": "person", "20": "tvmonitor", "255": "ignored"])
    if further == nil { tree.splits[.test] = [Pair("JPEGImages/2008_000006.jpg")] }
    return tree
  }

  private static func context(_ name: String, classes: Int, background: String) -> DataTree {
    let folder = "ImageSets/SegmentationContext"
    return DataTree(
      name: name, classes: classes,
      splits: [
        .train: [Pair("JPEGImages/2008_000002.jpg", "SegmentationClassContext/2008_000002.png")],
        .val: [Pair("JPEGImages/2008_000003.jpg", "SegmentationClassContext/2008_000003.png")],
      ],
      lists: ["\(folder)/train.txt": "2008_000002\n", "\(folder)/val.txt": "2008_000003\n"],
      meanings: ["0": background, "1": "aeroplane", "37": "person", "59": "wood"])
  }

  private static func land(_ split: String, _ rural: String, _ urban: String) -> [Pair] {
    [("Rural", rural), ("Urban", urban)].map { area, number in
      Pair("\(split)/\(area)/images_png/\(number).png", "\(split)/\(area)/masks_png/\(number).png")
    }
  }

  private static func potsdam(_ tile: String) -> Pair {
    Pair("2_Ortho_RGB/top_potsdam_\(tile)_RGB.tif", "5_Labels_all/top_potsdam_\(tile)_label.tif")
  }

  private static func vaihingen(_ area: Int) -> Pair {
    let name = "top_mosaic_09cm_area\(area).png"
    return Pair("top/\(name)", "ISPRS_semantic_labeling_Vaihingen_ground_truth_COMPLETE/\(name)")
  }

  private static func tiles(_ name: String, _ train: String, _ val: String) -> DataTree {
    DataTree(
      name: name, classes: 6,
      splits: [
        .train: [Pair("img_dir/train/\(train).png", "ann_dir/train/\(train).png")],
        .val: [Pair("img_dir/val/\(val).png", "ann_dir/val/\(val).png")],
      ],
      meanings: isprsTiles)
  }

  private static func rellis(_ sequence: String, _ frame: Int) -> Pair {
    let name = "frame00000\(frame)-1581624652_750"
    return Pair("\(sequence)/pylon_camera_node/\(name).jpg", "\(sequence)/pylon_camera_node_label_id/\(name).png")
  }

  private static func rugd(_ sequence: String, _ frame: Int) -> Pair {
    let name = "\(sequence)/\(sequence)_0000\(frame).png"
    return Pair("RUGD_frames-with-annotations/\(name)", "RUGD_annotations/\(name)")
  }
}
