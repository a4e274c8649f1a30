import Files
import Foundation
import SegmentationData
import TestSupport
import Testing

/// Folders as people and their tools lay them out, each with the card that describes it.
@Suite struct PairingTests: SplitTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `names that differ are paired by what they begin and end with`() throws {
    try touch("rgb/1_rgb.jpg", "rgb/2_rgb.jpg", "rgb/2_depth.png", "labels/1_L.png", "labels/2_L.png")
    #expect(
      try pairs("train: {images: {folder: rgb, suffix: _rgb.jpg}, masks: {folder: labels, suffix: _L.png}}")
        == [["rgb/1_rgb.jpg", "labels/1_L.png"], ["rgb/2_rgb.jpg", "labels/2_L.png"]])
    try touch("a/image_7.png", "b/mask_7.png")
    #expect(
      try pairs("train: {images: {folder: a, prefix: image_}, masks: {folder: b, prefix: mask_}}")
        == [["a/image_7.png", "b/mask_7.png"]])
  }

  // Roboflow's layout.
  @Test func `images and masks may lie in one folder`() throws {
    try touch("train/x.jpg", "train/x_mask.png", "train/y.png", "train/y_mask.png", "train/_classes.csv")
    let split = "train: {images: train, masks: {folder: train, suffix: _mask.png}}"
    #expect(try pairs(split) == [["train/x.jpg", "train/x_mask.png"], ["train/y.png", "train/y_mask.png"]])
    #expect(
      try dataset(split).omissions(of: [.train])
        == ["\(folder.path)/train: left out 1 .csv file (only PNG, JPEG, TIFF, WebP and BMP are read)"])
    try touch("one/a.jpg", "one/a.png")
    #expect(try pairs("train: {images: one, masks: one}") == [["one/a.jpg", "one/a.png"]])
    try touch("two/a.png", "two/a_L.png")
    #expect(
      failure("train: {images: two, masks: two}")
        == "DATA/two: images and masks of split 'train' of DATA/card.yaml cannot be told apart in one folder; "
        + "name what masks end with, such as masks: {folder: two, suffix: _mask.png}")
  }

  @Test func `folders below are paired by the same path, if asked for`() throws {
    try touch(
      "images/ulm/a.jpg", "images/bonn/a.jpg", "masks/ulm/a.png", "masks/bonn/a.png", "images/b.jpg", "masks/b.png")
    #expect(
      try pairs("train: {images: images, masks: masks, recursive: true}")
        == [
          ["images/b.jpg", "masks/b.png"], ["images/bonn/a.jpg", "masks/bonn/a.png"],
          ["images/ulm/a.jpg", "masks/ulm/a.png"],
        ])
    let flat = "train: {images: images, masks: masks}"
    #expect(try pairs(flat) == [["images/b.jpg", "masks/b.png"]])
    #expect(
      try dataset(flat).omissions(of: [.train])
        == ["\(folder.path)/images: left out 2 folders", "\(folder.path)/masks: left out 2 folders"])
    try touch("scenes/a/1.png", "scenes/masks/a/1.png")
    #expect(
      try pairs("train: {images: scenes, masks: scenes/masks, recursive: true}")
        == [["scenes/a/1.png", "scenes/masks/a/1.png"]])
  }

  // Pascal VOC's and CVAT's layout.
  @Test(arguments: ["2007_01\n2007_02\n", "2007_01.jpg\r\n2007_02.jpg\r\n", "# two\n\nJPEGImages/2007_01.jpg\n2007_02"])
  func `a list names the images of a folder`(list: String) throws {
    try touch("JPEGImages/2007_01.jpg", "JPEGImages/2007_02.jpg", "JPEGImages/2007_03.jpg")
    try touch("SegmentationClass/2007_01.png", "SegmentationClass/2007_02.png")
    try folder.write(list, to: "ImageSets/Segmentation/train.txt")
    let split = "train: {images: JPEGImages, masks: SegmentationClass, list: ImageSets/Segmentation/train.txt}"
    #expect(
      try pairs(split)
        == ["2007_01", "2007_02"].map { ["JPEGImages/\($0).jpg", "SegmentationClass/\($0).png"] })
    try folder.write("2007_01\n2007_03\n", to: "ImageSets/Segmentation/train.txt")
    #expect(
      failure(split)
        == "DATA/ImageSets/Segmentation/train.txt:2: '2007_03' has no mask DATA/SegmentationClass/2007_03.png")
    try folder.write("2007_01\n\n2007_09\n", to: "ImageSets/Segmentation/train.txt")
    #expect(
      failure(split)
        == "DATA/ImageSets/Segmentation/train.txt:3: DATA/JPEGImages/2007_09.jpg, .png or .jpeg does not exist")
  }

  @Test func `a list names images by what suffixes leave`() throws {
    try touch("left/ulm/1_left.png", "gt/ulm/1_gt.png")
    try folder.write("ulm/1\n", to: "train.txt")
    #expect(
      try pairs(
        "train: {images: {folder: left, suffix: _left.png}, masks: {folder: gt, suffix: _gt.png}, list: train.txt}")
        == [["left/ulm/1_left.png", "gt/ulm/1_gt.png"]])
  }

  @Test(arguments: [
    "i/a #1.jpg\tm/a #1.png", "\u{FEFF}i/a #1.jpg\tm/a #1.png\r\n", "i/a #1.jpg,m/a #1.png\r# the end",
    "i\\a #1.jpg\tm\\a #1.png\n", "  i/a #1.jpg \t m/a #1.png  \n\n",
  ])
  func `a list of paths is read as editors and systems write it`(list: String) throws {
    try touch("i/a #1.jpg", "m/a #1.png")
    try folder.write(list, to: "train.txt")
    #expect(try pairs("train: {list: train.txt}") == [["i/a #1.jpg", "m/a #1.png"]])
  }

  @Test func `a list in UTF-16 is read, one with other bytes names them`() throws {
    try touch("i/\u{E9}.jpg", "m/\u{E9}.png")
    let text = "i/\u{E9}.jpg m/\u{E9}.png\r\n"
    try AtomicFile.write(
      [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, to: url("train.txt"))
    #expect(try pairs("train: {list: train.txt}") == [["i/\u{E9}.jpg", "m/\u{E9}.png"]])
    try AtomicFile.write(text.unicodeScalars.map { UInt8($0.value) }, to: url("train.txt"))
    #expect(
      failure("train: {list: train.txt}")
        == "DATA/train.txt:1: DATA/i/\\xE9.jpg does not exist (the list is not UTF-8: save it as UTF-8)")
    try AtomicFile.write([0x61, 0, 0x62], to: url("train.txt"))
    #expect(
      failure("train: {list: train.txt}")
        == "DATA/train.txt: cannot be read: it is not a text file; expected the list of split 'train' of DATA/card.yaml"
    )
  }

  private func url(_ name: String) -> URL { URL(filePath: "\(folder.path)/\(name)") }

  @Test func `names of any bytes are paired, in folders and in lists`() throws {
    let name = Array("i/".utf8) + [0xFC]
    let mask = Array("m/".utf8) + [0xFC]
    try touch("i/readme", "m/readme")
    try AtomicFile.write(to: "\(folder.path)/\(FileName.text(name + Array(".jpg".utf8)))") { _ in }
    try AtomicFile.write(to: "\(folder.path)/\(FileName.text(mask + Array(".png".utf8)))") { _ in }
    let expected = [[FileName.text(name + Array(".jpg".utf8)), FileName.text(mask + Array(".png".utf8))]]
    #expect(try pairs("train: {images: i, masks: m}") == expected)
    try AtomicFile.write(name + Array(".jpg\t".utf8) + mask + Array(".png\n".utf8), to: url("train.txt"))
    #expect(try pairs("train: {list: train.txt}") == expected)
    try AtomicFile.write([0xFC, 0x0A], to: url("train.txt"))
    #expect(try pairs("train: {images: i, masks: m, list: train.txt}") == expected)
  }

  @Test func `images with names of any bytes are checked and loaded`() throws {
    let name = FileName.text([0xFC] + Array(".png".utf8))
    try touch("images/readme", "masks/readme")
    try TemporaryFolder.image(1).write(to: url("images/\(name)"))
    try TemporaryFolder.mask(1, classes: 1).write(to: url("masks/\(name)"))
    let dataset = try dataset("train: {images: images, masks: masks}")
    let report = try DataChecker(dataset).check([.train])
    #expect(report.splits[0].images == 1 && report.splits[0].badFiles.isEmpty)
    #expect(try dataset.fingerprint(of: [.train]).count == 64)
    let loader = try DataLoader.validation(dataset.samples(of: .train), labels: dataset.labels, options: DataOptions())
    #expect(try loader.next()?.count == 1)
  }

  @Test(arguments: [
    (["masks/1_L.png", "masks/2_L.png"], "masks/1_L.png", "masks: {folder: masks, suffix: _L.png}"),
    (["masks/mask_1.png", "masks/mask_2.png"], "masks/mask_1.png", "masks: {folder: masks, prefix: mask_}"),
    (["masks/1, o'l.png", "masks/2, o'l.png"], "masks/1, o'l.png", "masks: {folder: masks, suffix: ', o''l.png'}"),
  ])
  func `masks with other names are shown with the keys that pair them`(
    masks: [String], example: String, keys: String
  ) throws {
    try touch("images/1.jpg", "images/2.jpg")
    for mask in masks { try touch(mask) }
    #expect(
      failure("train: {images: images, masks: masks}")
        == "2 of 2 images of split 'train' of DATA/card.yaml have no mask in DATA/masks; the first is DATA/images/1.jpg; "
        + "DATA/\(example) lies there: say `\(keys)` in the card")
    #expect(try pairs("train: {images: images, \(keys)}").count == 2)
  }

  @Test func `both keys are shown if both names differ`() throws {
    try touch("images/1_rgb.png", "masks/1_L.png")
    #expect(
      failure("train: {images: images, masks: masks}")?.hasSuffix(
        "say `images: {folder: images, suffix: _rgb.png}, masks: {folder: masks, suffix: _L.png}` in the card") == true)
  }

  @Test func `masks that are JPEG, of no image, or two for one image are named`() throws {
    try touch(
      "images/1.jpg", "jpeg/1.jpg", "other/x.png", "twice/1.png", "twice/1.PNG", "none/a.txt", "more/1.png",
      "more/2.png")
    #expect(
      failure("train: {images: images, masks: jpeg}")?.hasSuffix(
        "DATA/jpeg/1.jpg is a JPEG, which changes the values of masks: make PNG masks") == true)
    #expect(
      failure("train: {images: images, masks: other}")?.hasSuffix(
        "have no mask in DATA/other with its name; the first is DATA/images/1.jpg; DATA/other/x.png lies there") == true
    )
    #expect(
      failure("train: {images: images, masks: none}")?.contains("have no mask in DATA/none, which has no image")
        == true)
    #expect(
      failure("train: {images: images, masks: twice}")
        == "DATA/twice: two masks for one image of split 'train' of DATA/card.yaml: 1.PNG and 1.png")
    #expect(
      try dataset("train: {images: images, masks: more}").omissions(of: [.train])
        == ["\(folder.path)/more: left out 1 mask without an image"])
  }

  @Test(.timeLimit(.minutes(10))) func `pipes and folders in place of files are refused at once`() throws {
    try touch("images/1.jpg", "masks/1.png")
    for name in ["images/p.jpg", "pipe.txt", "pipe.yaml"] {
      #expect(mkfifo("\(folder.path)/\(name)", 0o600) == 0)
    }
    let split = "train: {images: images, masks: masks}"
    #expect(try pairs(split).count == 1)
    #expect(
      try dataset(split).omissions(of: [.train]) == ["\(folder.path)/images: left out 1 pipe, socket or device"])
    #expect(failure("train: {list: pipe.txt}")?.contains("cannot be read: it is not a file") == true)
    #expect(failure("train: {list: images}")?.contains("cannot be read: it is a folder") == true)
    try folder.write("images/p.jpg masks/1.png\n", to: "list.txt")
    #expect(failure("train: {list: list.txt}") == "DATA/list.txt:1: DATA/images/p.jpg is not a file")
    try folder.write("images masks/1.png\n", to: "list.txt")
    #expect(failure("train: {list: list.txt}") == "DATA/list.txt:1: DATA/images is a folder")
    for (card, reason) in [("pipe.yaml", "it is not a file"), ("images", "it is a folder")] {
      #expect(
        message { _ = try FolderCard(contentsOf: "\(folder.path)/\(card)") }?.hasSuffix(
          "the card cannot be read: \(reason); --dataset gives its path") == true)
    }
  }
}
