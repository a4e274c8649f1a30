import Basics
import Foundation
import SegmentationData
import SegmentationImage

/// Draws street scenes with exact labels, in the layout of Cityscapes: something to learn from without a download.
///
/// Shown are road with lane marks, sidewalk, building, pole, traffic sign, vegetation, terrain, sky, person and car; in
/// some scenes the own car's hood, which is ignored. A scene depends on the seed and its number alone.
public struct SceneSynthesizer: Sendable {
  public let size: ImageSize
  public let seed: UInt64

  public init(size: ImageSize = ImageSize(height: 256, width: 512), seed: UInt64 = 0) {
    self.size = size
    self.seed = seed
  }

  /// The scene of a number: its picture and raw Cityscapes ids.
  public func scene(_ number: Int) -> (image: Image, mask: Mask) {
    StreetScene(size: size, random: RandomStream("scene", seed: seed, number)).rendered(size: size)
  }

  /// What was written.
  public struct Summary: Codable, Equatable, Sendable {
    public let train: Int
    public let val: Int

    public init(train: Int, val: Int) {
      self.train = train
      self.val = val
    }
  }

  /// Writes `count` scenes below `root`: every fifth for validation, from cities of their own; at least one of each.
  /// Uses all cores.
  public func write(_ count: Int, to root: URL) throws -> Summary {
    guard count >= 2 else { throw DataError("at least 2 scenes are needed (train and val), found \(count)") }
    guard size.height >= 32, size.width >= 32 else { throw DataError("scenes are at least 32x32, found \(size)") }
    let places = (0..<count).map { Place($0) }
    for folder in Set(places.flatMap { [$0.imageFolder, $0.maskFolder] }) {
      do {
        try FileManager.default.createDirectory(
          at: root.appending(path: folder), withIntermediateDirectories: true)
      } catch {
        throw DataError("\(root.path)/\(folder): cannot be made: \(error.localizedDescription)")
      }
    }
    try Parallel.forEach(count) { number, _ in
      let (image, mask) = scene(number)
      let place = places[number]
      try image.write(to: root.appending(path: "\(place.imageFolder)/\(place.name)_leftImg8bit.png"))
      try mask.write(to: root.appending(path: "\(place.maskFolder)/\(place.name)_gtFine_labelIds.png"))
    }
    let val = places.count { $0.split == .val }
    return Summary(train: count - val, val: val)
  }

  /// Where a scene's files go.
  private struct Place {
    static let cities: [Split: [String]] = [
      .train: ["arden", "brookfield", "castleton", "dunmore"], .val: ["elmswick"],
    ]
    let split: Split
    let city: String
    let name: String

    init(_ number: Int) {
      split = number % 5 == 1 ? .val : .train
      let cities = Self.cities[split]!
      city = cities[number / 5 % cities.count]
      name = String(format: "%@_%06d_000019", city, number)
    }

    var imageFolder: String { "leftImg8bit/\(split.rawValue)/\(city)" }
    var maskFolder: String { "gtFine/\(split.rawValue)/\(city)" }
  }
}
