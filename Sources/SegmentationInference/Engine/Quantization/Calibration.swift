import Files
import Foundation
import SegmentationImage
import Torch

/// What an int8 engine learns its scales from, and how close to float32 it has to stay.
///
/// Bytes are scaled to the values that the network's maps take on these images, so they should be like those to come: some
/// ten to thirty frames of the camera or data set. Labels are not needed.
public struct Calibration {
  /// The least share of these images' pixels whose class must be float32's, 0 to 1. Convolutions whose rounding hurts most
  /// keep the higher precision until it holds.
  public var agreement: Double
  /// Why images of the folder could not be read, one line for each.
  public private(set) var unreadable: [String] = []
  private let source: Source

  private enum Source {
    case images([Image])
    case tensors([Tensor])
  }

  /// - Parameter images: Of any sizes; others than the engine's are resized.
  public init(images: [Image], agreement: Double = 0.99) {
    source = .images(images)
    self.agreement = agreement
  }

  /// Reads images of a folder: PNG and JPEG files, not searched deeper, spread evenly over their names.
  /// - Parameter limit: The most images.
  /// - Throws: `EngineError` if there are none that can be read, `FileError` if the folder cannot be listed.
  public init(folder: URL, limit: Int = 32, agreement: Double = 0.99) throws {
    var files = try Self.imageFiles(in: folder.path)
    var images: [Image] = []
    var unreadable: [String] = []
    while images.isEmpty, !files.isEmpty {
      let count = min(limit, files.count)
      let chosen = (0..<count).map { files[$0 * files.count / count] }
      for file in chosen {
        do { images.append(try Image(contentsOf: URL(filePath: file))) } catch { unreadable.append("\(error)") }
      }
      files.removeAll(where: Set(chosen).contains)
    }
    if images.isEmpty {
      let reason = unreadable.first.map { "no image can be read: \($0)" } ?? "no PNG or JPEG image to calibrate on"
      throw EngineError.calibration("\(folder.path): \(reason)")
    }
    self.init(images: images, agreement: agreement)
    self.unreadable = unreadable
  }

  /// The PNG and JPEG files of a folder, by name.
  /// - Throws: `FileError` if the folder cannot be listed.
  package static func imageFiles(in folder: String) throws(FileError) -> [String] {
    try ImageListing(of: folder, looksInside: true).images.map { "\(folder)/\($0)" }
  }

  /// - Parameter tensors: Normalized images [1, 3, H, W] of the engine's size.
  public init(tensors: [Tensor], agreement: Double = 0.99) {
    source = .tensors(tensors)
    self.agreement = agreement
  }

  /// Normalized images [1, 3, H, W].
  /// - Throws: `EngineError`: none, a tensor of another size, an agreement out of range.
  func inputs(_ size: ImageSize, _ normalization: Normalization) throws -> [Tensor] {
    guard (0...1).contains(agreement) else {
      throw EngineError.calibration("the agreement is a share from 0 to 1, found \(agreement)")
    }
    let inputs: [Tensor]
    switch source {
    case .images(let images):
      inputs = try images.map { image in
        let input = try normalization.tensor(image.size == size ? image : image.resized(to: size))
        return try catchingTorchErrors { input.contiguous() }
      }
    case .tensors(let tensors):
      for tensor in tensors where tensor.shape != [1, 3, size.height, size.width] {
        throw EngineError.size(expected: "1x3x\(size.height)x\(size.width)", found: "\(tensor.shape)")
      }
      inputs = tensors
    }
    if inputs.isEmpty { throw EngineError.calibration("no images to calibrate on") }
    return inputs
  }
}

/// What an engine computes in int8, and what that costs in accuracy.
public struct QuantizationReport: Codable, Equatable, Sendable {
  /// Convolutions of the network.
  public let convolutions: Int
  /// Those of them in int8; the others keep the higher precision.
  public let int8Convolutions: Int
  /// The share of the calibration images' pixels whose class is float32's, 0 to 1.
  public let agreement: Double
}

extension QuantizationReport: CustomStringConvertible {
  public var description: String {
    "\(int8Convolutions) of \(convolutions) convolutions in int8, "
      + String(format: "%.2f%% of the calibration's pixels with float32's class", agreement * 100)
  }
}

/// Some values of each map of a graph, from several images.
final class ValueSamples {
  private var values: [Graph.ValueID: [Float]] = [:]
  private let limit: Int

  /// - Parameter limit: Values of a map and image.
  init(limit: Int) { self.limit = limit }

  func add(_ tensor: Tensor, of id: Graph.ValueID) {
    let dense = tensor.contiguous()
    let count = dense.count
    // An odd step meets all channels and columns.
    let step = max(1, count / limit) | 1
    dense.withUnsafeBytes { bytes in
      let elements = bytes.bindMemory(to: Float.self)
      var sample = values[id] ?? []
      for index in stride(from: 0, to: count, by: step) { sample.append(elements[index]) }
      values[id] = sample
    }
  }

  /// For each map the range that bytes should cover.
  var ranges: [Graph.ValueID: ClosedRange<Float>] { values.mapValues(clippingRange) }
}

/// The range, with zero in it, whose 256 steps have the least mean squared error on a sample: without its rare extremes.
package func clippingRange(of sample: [Float]) -> ClosedRange<Float> {
  let lower = min(sample.min() ?? 0, 0)
  let upper = max(sample.max() ?? 0, 0)
  guard lower < upper, (upper - lower).isFinite else { return 0...0 }
  var best = (error: Float.infinity, factor: Float(1))
  for step in 0..<28 {
    let factor = 1 - Float(step) * 0.03
    let (low, high) = (lower * factor, upper * factor)
    let scale = (high - low) / 255
    let inverse = 1 / scale
    var error: Float = 0
    for value in sample {
      let clipped = min(max(value, low), high)
      let difference = value - (clipped * inverse).rounded() * scale
      error += difference * difference
    }
    if error < best.error { best = (error, factor) }
  }
  return lower * best.factor...upper * best.factor
}
