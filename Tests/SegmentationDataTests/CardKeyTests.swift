import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// The keys of a card that say what masks mean.
@Suite struct CardKeyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let classes = """
    classes:
      - {name: car, color: [0, 0, 142]}
      - {name: road, color: [128, 64, 128]}
      - {name: bus, color: [0, 60, 100]}

    """
  private static let splits = "splits: {train: {images: images, masks: masks}}\n"
  private static let map = "map: {0: car, 1: road, 2: bus}\n"

  private func card(_ lines: String, classes: String = classes) throws -> FolderCard {
    try FolderCard(yaml: classes + lines + "\n" + Self.splits, path: "\(folder.path)/card.yaml")
  }

  private func failure(_ lines: String, classes: String = classes) -> String? {
    message { _ = try card(lines, classes: classes) }?.replacing(folder.path + "/", with: "")
  }

  /// The number of pixels of each class, of ignored pixels at the end, in the masks of a card.
  private func pixels(_ lines: String) throws -> [Int] {
    let report = try DataChecker(card(lines).dataset()).check([.train])
    let split = report.splits[0]
    guard split.badFiles.isEmpty, split.blends == nil, split.rawValues.allSatisfy({ $0.meaning != nil }) else {
      return []
    }
    let ignored = split.rawValues.filter { $0.meaning == "ignored" }.reduce(0) { $0 + $1.pixels }
    return split.classes.map(\.pixels) + [ignored]
  }

  /// Writes an image, and a mask in gray or in the colors of a palette.
  private func write(_ values: [UInt8], colors: Palette? = nil) throws {
    let mask = Mask(height: 1, width: values.count, values: values)
    try Image(height: 1, width: values.count).write(to: URL(filePath: folder.file("images/a.png")))
    let url = URL(filePath: try folder.file("masks/a.png"))
    if let colors { try mask.colored(by: colors).write(to: url) } else { try mask.write(to: url) }
  }

  @Test func `the background is the class of values and colors that are not listed`() throws {
    try write([0, 1, 2, 9, 255])
    #expect(try pixels(Self.map + "background: road") == [1, 3, 1, 0])
    #expect(try pixels(Self.map + "background: ignored") == [1, 1, 1, 2])
    #expect(try pixels("map: {0: car, 2: bus}\nbackground: road") == [1, 3, 1, 0])
    #expect(try pixels(Self.map) == [])
    try write([0, 1, 2, 3], colors: Palette([RGB(9, 0, 0), RGB(8, 0, 0), RGB(7, 0, 0), RGB(6, 0, 0)]))
    let colors = "map: {\"#090000\": car, \"#080000\": road, \"#070000\": bus}\n"
    #expect(try pixels(colors + "background: car") == [2, 1, 1, 0])
    #expect(
      failure("map: {0: car, 1: road, 2: bus, other: car}\nbackground: car")
        == "card.yaml:6: 'background' and the map's key 'other' mean the same; give one")
    #expect(
      failure(Self.map + "background: sky")
        == "card.yaml:6: 'sky' in 'background' is neither a class nor 'ignored' (car, road, bus)")
    #expect(
      message { _ = try FolderCard(yaml: "base: gta5\nbackground: road", path: "card.yaml") }
        == "card.yaml:2: 'background' has no effect, because the map covers all values")
  }

  @Test func `values and colors count exactly unless there is a tolerance`() throws {
    try write([0, 3, 96, 100, 103, 104, 200])
    let map = "map: {0: car, 100: road, 200: bus}\n"
    #expect(try pixels(map) == [])
    #expect(try pixels(map + "tolerance: 3\nbackground: ignored") == [2, 2, 1, 2])
    #expect(try pixels(map + "tolerance: 4") == [2, 4, 1, 0])
    try write([0, 1, 2], colors: Palette([RGB(10, 0, 0), RGB(12, 1, 2), RGB(100, 3, 0)]))
    let colors = "map: {\"#0a0000\": car, \"#0c0001\": road, \"#640000\": bus}\n"
    #expect(try pixels(colors) == [])
    #expect(try pixels(colors + "tolerance: 2\nbackground: ignored") == [1, 1, 0, 1])
    #expect(try pixels(colors + "tolerance: 3") == [1, 1, 1, 0])
    #expect(failure(Self.map + "tolerance: 256") == "card.yaml:6: 'tolerance': expected a number from 0 to 255")
  }

  @Test func `masks may be JPEG files if there is a tolerance`() throws {
    let mask = Mask(height: 16, width: 32, values: (0..<512).map { $0 % 32 < 16 ? 0 : 255 })
    try Image(height: 16, width: 32).write(to: URL(filePath: folder.file("images/a.png")))
    try mask.colored(by: Palette((0...255).map { RGB(UInt8($0), UInt8($0), UInt8($0)) }))
      .write(to: URL(filePath: folder.file("masks/a.jpg")))
    let map = "map: {0: car, 128: road, 255: bus}\n"
    #expect(try pixels(map + "tolerance: 60") == [256, 0, 256, 0])
    let error = message { _ = try card(map).dataset().samples(of: .train) }
    #expect(error?.hasSuffix("a.jpg is a JPEG, which changes the values of masks: make PNG masks") == true)
  }

  /// The file has 5x7 values from 0 to 4095.
  @Test func `masks may have values of 16 bits`() throws {
    try Image(height: 5, width: 7).write(to: URL(filePath: folder.file("images/a.png")))
    try FileManager.default.copyItem(atPath: TemporaryFolder.gray12, toPath: folder.file("masks/a.png"))
    let map = "map: {0: car, 120: car, 4095: bus}\n"
    #expect(try pixels(map + "background: road") == [2, 32, 1, 0])
    let report = try DataChecker(card(map + "background: road").dataset()).check([.train])
    #expect(report.splits[0].rawValues.map(\.value).prefix(3) == ["0", "120", "241"])
    #expect(try pixels("map: {0: car, 120: road, 4095: bus}") == [])
    // A mask of 8 bits belongs to the same map.
    try write([0, 120, 200])
    #expect(try pixels(map + "background: road") == [2, 1, 0, 0])
  }

  @Test func `classes are merged in the place of the first of them`() throws {
    try write([0, 1, 2, 2])
    let merged = try card(Self.map + "merge: {vehicle: [bus, car]}")
    #expect(merged.labels.names == ["vehicle", "road"])
    #expect(merged.labels.classes[0].color == RGB(0, 0, 142))
    #expect(try pixels(Self.map + "merge: {vehicle: [bus, car]}") == [3, 1, 0])
    #expect(try pixels(Self.map + "merge: {road: [road, car], ignored: [bus]}") == [2, 2])
    let errors = [
      "merge: {vehicle: [truck]}": "'truck' in 'merge' is no class (car, road, bus)",
      "merge: {a: [car], b: [car]}": "class 'car' is in 'merge' twice",
      "merge: {road: [car, bus]}":
        "class 'road' in 'merge' is there already; name it among the classes that become it",
      "merge: {ignored: [car, road, bus]}": "'merge' leaves no class",
      "merge: {vehicle: car}": "'vehicle' in 'merge': expected a list of classes, such as [car, bus]",
      "merge: [car]":
        "'merge' needs keys: new classes, each with the classes that become it, such as {vehicle: [car, bus]}",
    ]
    for (line, reason) in errors { #expect(failure(Self.map + line) == "card.yaml:6: \(reason)") }
  }

  @Test func `a base gives what the card leaves out`() throws {
    let base = try FolderCard(yaml: "base: cityscapes", path: "card.yaml")
    #expect(base.labels == .cityscapes && base.splits.count == 3 && base.name == "card")
    let merged = try FolderCard(
      yaml: "base: Cityscapes\nmerge: {vehicle: [car, truck, bus, train], ignored: [sky]}\nroot: data",
      path: "card.yaml")
    #expect(merged.labels.names.count == 15 && merged.labels.names[12] == "vehicle")
    guard case .values(let map) = merged.labels.encoding else { return #expect(Bool(false)) }
    #expect(map[7] == 0 && map[23] == 255 && [26, 27, 28, 31].allSatisfy { map[$0] == 12 } && map[33] == 14)
    let own = try FolderCard(yaml: Self.classes + Self.map + "base: ade20k", path: "card.yaml")
    #expect(own.labels.names == ["car", "road", "bus"] && own.splits[.val]?.count == 1)
    #expect(
      message { _ = try FolderCard(yaml: "base: citiscapes", path: "card.yaml") }?.hasPrefix(
        "card.yaml:1: 'base': unknown data set 'citiscapes'; did you mean 'cityscapes'? The names are ") == true)
    #expect(
      message { _ = try FolderCard(yaml: Self.classes + "base: ade20k", path: "card.yaml") }
        == "card.yaml:1: the card lacks 'map'")
  }
}
