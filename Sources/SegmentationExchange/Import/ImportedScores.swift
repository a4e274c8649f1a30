import Basics
import SegmentationInference
import SegmentationModels
import Torch

/// The output of a file as scores of pixels.
struct ImportedScores {
  private let value: ImportedValue
  private let size: ImageSize

  init(_ value: ImportedValue, size: ImageSize) {
    (self.value, self.size) = (value, size)
  }

  /// Adds what makes scores [1, classes, H, W] of the image's size of the output.
  /// - Returns: The scores; `nil` if the output is no map.
  func add(to importer: inout GraphImporter) throws -> Graph.ValueID? {
    guard var scores = try map(&importer), scores.shape[0] == 1, scores.shape[2] * scores.shape[3] > 1 else {
      return nil
    }
    if scores.shape[1] == 1 { scores = try twoScores(scores, &importer) }
    if Array(scores.shape[2...]) != [size.height, size.width] {
      scores = try importer.call(
        "upsample_bilinear2d", overload: "vec",
        [
          "input": .tensor(scores), "output_size": .ints([size.height, size.width]), "align_corners": .bool(false),
          "scale_factors": .none,
        ])
    }
    return scores.computed
  }

  /// The scores as [1, classes, h, w]; `nil` if there is no such form.
  private func map(_ importer: inout GraphImporter) throws -> ImportedValue? {
    switch value.content {
    case .largest(let id, let axis):
      let scores = importer.computed(id)
      if scores.rank == 3, axis == 0 { return try importer.reshape(scores, [1] + scores.shape) }
      guard scores.rank == 4 else { return nil }
      if axis == 3 { return try importer.permute(scores, [0, 3, 1, 2]) }
      return axis == 1 ? scores : nil
    case .computed:
      if value.rank == 3 { return try importer.reshape(value, [1] + value.shape) }
      guard value.rank == 4 else { return nil }
      let isChannelsLast = !fits(value.shape[2], value.shape[3]) && fits(value.shape[1], value.shape[2])
      return isChannelsLast ? try importer.permute(value, [0, 3, 1, 2]) : value
    case .constant, .quantized, .positions, .unknown: return nil
    }
  }

  /// Whether a map has the image's size divided by a whole number.
  private func fits(_ height: Int, _ width: Int) -> Bool {
    size.height.isMultiple(of: height) && size.height / height * width == size.width
  }

  /// The scores of two classes for one score: the second class is where the score is above 0, or above 0.5 after a sigmoid.
  private func twoScores(_ score: ImportedValue, _ importer: inout GraphImporter) throws -> ImportedValue {
    let isProbability = importer.producer(of: score, "sigmoid") != nil
    let other = try importer.scaled(score, by: isProbability ? -1 : 0, plus: isProbability ? 1 : 0)
    return try importer.concatenate([other, score], axis: 1)
  }

  /// Operators that can be computed only as a part of others, and that no other has taken.
  static func leftovers(of graph: Graph) -> [String] {
    let names = [
      "erf": "Erf outside of GELU", "sqrt": "Sqrt outside of a normalization", "softplus": "Softplus outside of Mish",
    ]
    var found: [String] = []
    for case .libtorch(let call) in graph.nodes.map(\.operator) {
      if let name = names[call.name], !found.contains(name) { found.append(name) }
    }
    return found
  }
}
