import Foundation

/// Weights of classes against their imbalance, in the order of training ids. Classes without pixels get 1.
public struct ClassWeights: Codable, Equatable, Sendable {
  /// The median of the classes' frequencies over each one's own, where a frequency is a class's share of the labelled
  /// pixels of the images that show it (Eigen and Fergus, https://arxiv.org/abs/1411.4734).
  public let medianFrequency: [Double]
  /// `1 / ln(1.02 + p)` of a class's share p of all labelled pixels (ENet, https://arxiv.org/abs/1606.02147).
  public let enet: [Double]
  /// `1 / sqrt(p)`, scaled so that the mean over the classes that occur is 1.
  public let inverseSquareRoot: [Double]

  /// `pixels` of each class, and `pixelsInItsImages`: the labelled pixels of all images that show it.
  public init(pixels: [Int], pixelsInItsImages: [Int]) {
    let total = Double(pixels.reduce(0, +))
    let frequencies = zip(pixels, pixelsInItsImages).map { $1 == 0 ? 0 : Double($0) / Double($1) }
    let present = frequencies.filter { $0 > 0 }.sorted()
    let middle = present.count / 2
    let median =
      present.isEmpty ? 0 : present.count % 2 == 1 ? present[middle] : (present[middle - 1] + present[middle]) / 2
    medianFrequency = frequencies.map { $0 > 0 ? median / $0 : 1 }
    enet = pixels.map { $0 > 0 ? 1 / log(1.02 + Double($0) / total) : 1 }
    let roots = pixels.map { $0 > 0 ? (total / Double($0)).squareRoot() : 0 }
    let mean = roots.reduce(0, +) / Double(max(1, roots.count { $0 > 0 }))
    inverseSquareRoot = roots.map { $0 > 0 ? $0 / mean : 1 }
  }
}
