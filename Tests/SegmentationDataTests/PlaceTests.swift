import SegmentationData
import TestSupport
import Testing

/// Splits whose files are found by regular expressions or lie in several places.
@Suite struct PlaceTests: SplitTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `regular expressions choose files and pair them by their groups`() throws {
    try touch("7/rgb/left_1.jpg", "7/rgb/right_1.jpg", "7/labels/1_L.png", "8/rgb/left_1.jpg", "8/labels/1_L.png")
    let split =
      "train: {images: {folder: ., match: '(7|8)/rgb/left_(.*)\\.jpg'}, masks: {folder: ., match: '(.*)/labels/(.*)_L\\.png'}}"
    #expect(
      try pairs(split) == [["7/rgb/left_1.jpg", "7/labels/1_L.png"], ["8/rgb/left_1.jpg", "8/labels/1_L.png"]])
    try touch("8/rgb/left_2.jpg")
    #expect(failure(split)?.contains("1 of 3 images of split 'train' of DATA/card.yaml have no mask in DATA") == true)
    // One group and the rest of a plain path are the same key.
    try touch("images/creek/1.png", "images/trail/1.png", "masks/creek/1.png", "masks/trail/1.png")
    let one = "train: {images: {folder: images, match: '(creek/.*)\\.png'}, masks: masks}"
    #expect(try pairs(one) == [["images/creek/1.png", "masks/creek/1.png"]])
  }

  @Test(arguments: [
    ("match: '(.*'", "'match' of 'images': '(.*' is not a valid regular expression"),
    ("match: '.*'", "'match' of 'images': '.*' needs a group in round brackets, whose text images and masks share"),
    ("match: '(.*)', suffix: _L", "'match' of 'images' is for whole paths, without 'prefix' and 'suffix'"),
    (
      "match: '(\(String(repeating: "a", count: 1000)))'",
      "'match' of 'images': a regular expression has at most 1000 characters, found 1002"
    ),
  ])
  func `regular expressions that cannot pair files are refused`(keys: String, reason: String) {
    let error = failure("train: {images: {folder: i, \(keys)}, masks: m}")
    #expect(error?.hasPrefix("DATA/card.yaml:5: \(reason)") == true, "\(error ?? "no error")")
  }

  /// Each of these takes more steps than there are atoms, or some 10^10, if nothing ends it.
  @Test(arguments: ["(a+)+b", "((a|a)*)*b", "(a*)*(b)", "(.*)(.*)(.*)(.*)(.*)(.*)x"])
  func `regular expressions that take too many steps end in one line`(match: String) throws {
    let name = String(repeating: "a", count: 200)
    try touch("i/\(name).jpg", "m/\(name).png")
    let images = failure("train: {images: {folder: i, match: '\(match)'}, masks: m}")
    #expect(
      images?.contains("the regular expression '\(match)' takes too long on aaa") == true, "\(images ?? "no error")")
    #expect(images?.contains("\n") == false)
    let masks = failure("train: {images: i, masks: {folder: m, match: '\(match)'}}")
    #expect(masks?.contains("takes too long") == true)
    // Both lie in one folder, where masks are told from images by the expressions.
    let both = failure("train: {images: {folder: i, match: '\(match)'}, masks: {folder: i, match: '\(match)c'}}")
    #expect(both?.contains("takes too long") == true)
  }

  @Test func `long paths take some steps`() throws {
    let folders = (0..<12).map { "folder\($0)" }.joined(separator: "/")
    try touch("\(folders)/i/1.jpg", "\(folders)/m/1.png")
    let split =
      "train: {images: {folder: ., match: '(.*)/(.*)/i/(.*)\\.jpg'}, masks: {folder: ., match: '(.*)/(.*)/m/(.*)\\.png'}}"
    #expect(try pairs(split) == [["\(folders)/i/1.jpg", "\(folders)/m/1.png"]])
  }

  @Test func `a split has several places`() throws {
    try touch("day/i/1.jpg", "day/m/1.png", "night/i/1.jpg", "night/m/1.png", "rain/a.jpg", "rain/a.png")
    try folder.write("a.jpg a.png\n", to: "rain/train.txt")
    let split =
      "train: [{root: day, images: i, masks: m}, {root: night, images: i, masks: m}, {root: rain, list: train.txt}]"
    #expect(
      try pairs(split)
        == [
          ["day/i/1.jpg", "day/m/1.png"], ["night/i/1.jpg", "night/m/1.png"], ["rain/a.jpg", "rain/a.png"],
        ])
    #expect(failure("train: []") == "DATA/card.yaml:5: split 'train': expected 1 to 1000 places, found 0")
    #expect(
      failure("train: [{images: {folder: i, match: '(.*)'}, list: train.txt}]")
        == "DATA/card.yaml:5: split 'train': 'match' cannot be used with 'list', which names the images itself")
  }
}
