import Foundation

/// Weights that counter the imbalance of classes, in the order of training ids. A class without pixels has the weight
/// 1.
public struct ClassWeights: Codable, Equatable, Sendable {
  /// The median of all classes' frequencies, divided by the frequency of the class (Eigen and Fergus,
  /// https://arxiv.org/abs/1411.4734). A class's frequency is its share of the labelled pixels in the images that show
  /// it.
  public let medianFrequency: [Double]
  /// `1 / ln(1.02 + p)` with the class's share p of all labelled pixels (ENet, https://arxiv.org/abs/1606.02147).
  public let enet: [Double]
  /// `1 / sqrt(p)` with the same share p, scaled so that the mean over the classes that occur is 1.
  public let inverseSquareRoot: [Double]

  /// Computes the weights.
  /// - Parameters:
  ///   - pixels: The number of pixels of each class.
  ///   - pixelsInItsImages: For each class, the number of labelled pixels in all images that show it.
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
