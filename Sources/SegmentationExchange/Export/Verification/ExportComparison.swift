import Foundation
import SegmentationModels
import Torch

/// How near the results of an exported network are to those of the network itself, over some images.
public struct ExportComparison: Sendable, Equatable {
  /// The number of images that were compared.
  public private(set) var images = 0
  /// The number of pixels that were compared.
  public private(set) var pixels = 0
  /// The number of pixels whose class is another one.
  public private(set) var otherClasses = 0
  /// The largest difference of a score or probability, divided by the range of them in the network's own result; `nil` if
  /// the file gives classes alone.
  public private(set) var largestDifference: Double?

  /// Starts a comparison without images.
  public init() {}

  /// The share of pixels that have the same class, from 0 to 1.
  public var agreement: Double { pixels == 0 ? 1 : 1 - Double(otherClasses) / Double(pixels) }

  /// Adds the results for some images: scores or probabilities [N, classes, H, W], or classes [N, H, W].
  /// - Throws: `ExchangeError` if the shapes differ or a number is not finite, `TorchError`.
  package mutating func add(_ found: Tensor, expected: Tensor) throws {
    guard found.shape == expected.shape else {
      throw ExchangeError("the exported file gives a result of the shape \(found.shape), expected \(expected.shape)")
    }
    let (classes, difference) = try catchingTorchErrors {
      try withoutGradients { () throws -> (Int, Double?) in
        guard expected.rank == 4 else {
          let same = found.to(dtype: .int32) .== expected.to(dtype: .int32)
          return (same.count - Int(same.to(dtype: .float64).sum().item), nil)
        }
        guard found.isFinite().to(dtype: .float64).mean().item == 1 else {
          throw ExchangeError("the exported file gives numbers that are not finite")
        }
        let same = found.argmax(dimension: 1) .== expected.argmax(dimension: 1)
        let range = (expected.max() - expected.min()).item
        let difference = (found - expected).abs().max().item
        return (
          same.count - Int(same.to(dtype: .float64).sum().item), range > 0 ? difference / range : difference
        )
      }
    }
    images += expected.size(0)
    pixels += expected.rank == 4 ? expected.count / expected.size(1) : expected.count
    otherClasses += classes
    if let difference { largestDifference = max(largestDifference ?? 0, difference) }
  }

  /// Refuses a file that computes something else than the network.
  /// - Parameter leastAgreement: The share of pixels that must have the same class; `nil` for float32, of which almost
  ///   all must, and whose scores must be equal up to rounding.
  /// - Throws: `ExchangeError`.
  public func check(leastAgreement: Double? = nil) throws(ExchangeError) {
    if let leastAgreement {
      if agreement < leastAgreement {
        throw ExchangeError(
          "the exported file gives \(percent(agreement)) of the pixels the network's class, fewer than the "
            + "\(percent(leastAgreement)) of the calibration: nothing was written")
      }
      return
    }
    // At a border between classes two scores can be equal up to rounding, so some pixels may differ.
    let isNear = Double(otherClasses) <= max(2, 1e-4 * Double(pixels)) && largestDifference ?? 0 <= 1e-3
    if !isNear {
      throw ExchangeError("the exported file computes something else than the network (\(self)): nothing was written")
    }
  }

  private func percent(_ share: Double) -> String { String(format: "%.3f %%", share * 100) }
}

extension ExportComparison: CustomStringConvertible {
  /// A line such as "largest difference 2.1e-06 of the scores' range, same class at 100.000 % of the pixels".
  public var description: String {
    let classes = "same class at \(percent(agreement)) of the pixels"
    guard let largestDifference else { return classes }
    return String(format: "largest difference %.1e of the scores' range, ", largestDifference) + classes
  }
}
