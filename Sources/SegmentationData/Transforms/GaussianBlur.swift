import Basics
import Foundation
import SegmentationImage

/// These options blur images with a Gaussian bell (OpenCV's and albumentations' `GaussianBlur`).
public struct GaussianBlur: Codable, Equatable, Sendable, ValidatedOptions {
  static let name = "blur"

  /// The probability that an image is blurred.
  public var probability = 0.5
  /// The standard deviation of the bell is drawn between these two, `[low, high]`, in pixels.
  public var sigma: ClosedRange<Double> = 0.1...2

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require(
      sigma.lowerBound >= 0 && sigma.upperBound <= 20, "sigma",
      "[low, high] with deviations from 0 to 20 pixels", found: sigma)
  }

  /// Draws the deviation; nil for an image that stays sharp.
  func draw(using random: inout RandomStream) -> Double? {
    let happens = random.happens(probability)
    let deviation = random.uniform(sigma)
    return happens && deviation > 0 ? deviation : nil
  }

  /// The bell's weights in 1/16384, which add up to 1. Its width follows the deviation as in OpenCV.
  static func kernel(sigma: Double) -> [Int32] {
    let radius = Int((sigma * 6 + 1).rounded(.toNearestOrEven)) / 2
    let bell = (-radius...radius).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = bell.reduce(0, +)
    var weights = bell.map { Int32(($0 / sum * 16384).rounded()) }
    weights[radius] += 16384 - weights.reduce(0, +)
    return weights
  }

  /// Blurs interleaved RGB pixels in place; borders are mirrored.
  package static func apply(
    to pixels: UnsafeMutablePointer<UInt8>, size: ImageSize, sigma: Double, using scratch: ScratchBuffer
  ) {
    let kernel = kernel(sigma: sigma)
    let radius = kernel.count / 2
    let values = size.width * 3
    // Rows blurred along x, with 8 fraction bits.
    let rows = scratch.reserve(size.height * values, of: UInt16.self)
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: values) { memory in
      let sums = memory.baseAddress!
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: values + 6 * radius) { line in
        for row in 0..<size.height {
          let source = pixels + row * values
          for column in -radius..<size.width + radius {
            let place = Padding.reflected(column, count: size.width) * 3
            let target = line.baseAddress! + (column + radius) * 3
            (target[0], target[1], target[2]) = (source[place], source[place + 1], source[place + 2])
          }
          sums.update(repeating: 32, count: values)
          for (tap, weight) in kernel.enumerated() {
            let shifted = line.baseAddress! + 3 * tap
            for i in 0..<values { sums[i] &+= Int32(shifted[i]) &* weight }
          }
          let target = rows + row * values
          for i in 0..<values { target[i] = UInt16(truncatingIfNeeded: sums[i] >> 6) }
        }
      }
      for row in 0..<size.height {
        sums.update(repeating: 1 << 21, count: values)
        for (tap, weight) in kernel.enumerated() {
          let source = rows + Padding.reflected(row + tap - radius, count: size.height) * values
          for i in 0..<values { sums[i] &+= Int32(source[i]) &* weight }
        }
        let target = pixels + row * values
        for i in 0..<values { target[i] = UInt8(truncatingIfNeeded: sums[i] >> 22) }
      }
    }
  }
}
