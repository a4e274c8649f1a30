/// Streets and roads.
extension DataTree {
  private static let cityscapes = [
    ("7", "road"), ("26", "car"), ("33", "bicycle"), ("0", "ignored"), ("16", "ignored"),
  ]
  private static let trainIds = [("0", "road"), ("13", "car"), ("18", "bicycle"), ("255", "ignored")]

  static let streets = [
    DataTree(
      name: "cityscapes", classes: 19,
      splits: [
        .train: [
          Pair(
            "leftImg8bit/train/ulm/ulm_000000_000019_leftImg8bit.png",
            "gtFine/train/ulm/ulm_000000_000019_gtFine_labelIds.png")
        ],
        .val: [
          Pair(
            "leftImg8bit/val/lindau/lindau_000000_000019_leftImg8bit.png",
            "gtFine/val/lindau/lindau_000000_000019_gtFine_labelIds.png")
        ],
        .test: [Pair("leftImg8bit/test/berlin/berlin_000000_000019_leftImg8bit.png")],
      ],
      others: ["gtFine/train/ulm/ulm_000000_000019_gtFine_color.png"],
      meanings: Dictionary(uniqueKeysWithValues: cityscapes)),
    DataTree(
      name: "camvid", classes: 11,
      splits: [
        .train: [Pair("train/0001TP_006690.png", "trainannot/0001TP_006690.png")],
        .val: [Pair("val/0016E5_07959.png", "valannot/0016E5_07959.png")],
        .test: [Pair("test/0001TP_008550.png", "testannot/0001TP_008550.png")],
      ],
      meanings: ["0": "Sky", "3": "Road", "10": "Bicyclist", "11": "ignored"]),
    DataTree(
      name: "acdc", classes: 19,
      splits: [
        .train: conditions("train"), .val: conditions("val"),
        .test: conditions("test").map { Pair($0.image) },
      ],
      others: ["gt/fog/train/GOPR0001/GOPR0001_frame_000001_gt_labelColor.png"],
      meanings: Dictionary(uniqueKeysWithValues: trainIds)),
    DataTree(
      name: "bdd100k", classes: 19,
      splits: [
        .train: [Pair("images/10k/train/0004a4c0.jpg", "labels/sem_seg/masks/train/0004a4c0.png")],
        .val: [Pair("images/10k/val/7d15b18b.jpg", "labels/sem_seg/masks/val/7d15b18b.png")],
        .test: [Pair("images/10k/test/ac6d4f42.jpg")],
      ],
      meanings: Dictionary(uniqueKeysWithValues: trainIds)),
    DataTree(
      name: "kitti", classes: 19,
      splits: [
        .train: [Pair("training/image_2/000000_10.png", "training/semantic/000000_10.png")],
        .test: [Pair("testing/image_2/000000_10.png")],
      ],
      others: ["training/semantic_rgb/000000_10.png"], meanings: Dictionary(uniqueKeysWithValues: cityscapes)),
    DataTree(
      name: "gta5", classes: 19, splits: [.train: [Pair("images/00001.png", "labels/00001.png")]],
      meanings: Dictionary(uniqueKeysWithValues: cityscapes + [("34", "ignored")])),
    DataTree(
      name: "wilddash", classes: 25, splits: [.train: [Pair("images/aa0000_100000.jpg", "labels/aa0000_100000.png")]],
      meanings: [
        "0": "ignored", "1": "ego vehicle", "7": "road", "14": "guard rail", "31": "ignored", "34": "pickup",
        "35": "van", "38": "road-marking",
      ]),
    DataTree(
      name: "idd", classes: 26,
      splits: [
        .train: [
          Pair("leftImg8bit/train/0/005506_leftImg8bit.png", "gtFine/train/0/005506_gtFine_labellevel3Ids.png"),
          // The second part of the data set has JPEG images.
          Pair(
            "leftImg8bit/train/201/frame0029_leftImg8bit.jpg", "gtFine/train/201/frame0029_gtFine_labellevel3Ids.png"),
        ],
        .val: [Pair("leftImg8bit/val/119/903127_leftImg8bit.png", "gtFine/val/119/903127_gtFine_labellevel3Ids.png")],
        .test: [Pair("leftImg8bit/test/1/100_leftImg8bit.png")],
      ],
      others: ["gtFine/train/0/005506_gtFine_polygons.json"],
      meanings: ["0": "road", "1": "drivable fallback", "8": "autorickshaw", "25": "sky", "255": "ignored"]),
    mapillary("1.2", classes: 65, ["0": "Bird", "13": "Road", "55": "Car", "64": "Ego Vehicle", "65": "ignored"]),
    mapillary("2.0", classes: 123, ["0": "Bird", "122": "Static", "123": "ignored"]),
  ]

  private static func conditions(_ split: String) -> [Pair] {
    ["fog", "night", "rain", "snow"].enumerated().map { number, condition in
      let name = "\(condition)/\(split)/GOPR000\(number)/GOPR000\(number)_frame_000001"
      return Pair("rgb_anon/\(name)_rgb_anon.png", "gt/\(name)_gt_labelTrainIds.png")
    }
  }

  private static func mapillary(_ version: String, classes: Int, _ meanings: [String: String]) -> DataTree {
    DataTree(
      name: "mapillary-\(version)", classes: classes,
      splits: [
        .train: [
          Pair("training/images/__CRyFzoDOXn6unQ6a3DnQ.jpg", "training/v\(version)/labels/__CRyFzoDOXn6unQ6a3DnQ.png")
        ],
        .val: [
          Pair(
            "validation/images/_1Gn_xkw7sa_i9GU4mkxxQ.jpg", "validation/v\(version)/labels/_1Gn_xkw7sa_i9GU4mkxxQ.png")
        ],
        .test: [Pair("testing/images/_0CbPRCpjGvp0yY9rEFOUA.jpg")],
      ],
      others: ["training/v\(version)/instances/__CRyFzoDOXn6unQ6a3DnQ.png"], meanings: meanings)
  }
}
