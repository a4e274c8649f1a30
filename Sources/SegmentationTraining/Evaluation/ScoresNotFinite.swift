import Files

/// A network found scores that are infinite or not numbers, so that it labelled nothing.
public struct ScoresNotFinite: Error, CustomStringConvertible, Sendable, Equatable {
  /// Images with such scores, of all that were scored.
  public internal(set) var images: Int
  public internal(set) var total: Int
  public internal(set) var firstFile: String

  /// The result of all processes together.
  func merged(in world: TrainingWorld) throws -> ScoresNotFinite {
    struct Found: Codable {
      let images: Int
      let total: Int
      let file: String
    }
    let all = try world.gather(Found(images: images, total: total, file: firstFile))
    return ScoresNotFinite(
      images: all.reduce(0) { $0 + $1.images }, total: all.reduce(0) { $0 + $1.total },
      firstFile: all.first { $0.images > 0 }?.file ?? "")
  }

  public var description: String {
    "the network's scores are not finite for \(images) of \(total) images, the first in \(firstFile.printable())"
  }
}
