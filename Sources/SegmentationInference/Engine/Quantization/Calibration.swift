import Basics
import Files
import Foundation
import SegmentationImage
import Torch

/// The images from which an int8 engine learns its scales, and how close to float32 the engine has to stay.
///
/// The scales fit the values that the network's maps take on these images, so the images should be like those to come:
/// ten to thirty frames of the camera or data set. Labels are not needed.
public struct Calibration {
  /// The least share of these images' pixels that must keep their float32 class, from 0 to 1. The convolutions whose
  /// rounding errors are largest keep a higher precision until it is reached.
  public var agreement: Double
  /// For each image of the folder that could not be read, a line that says why.
  public private(set) var unreadable: [String] = []
  private var source: Source

  private enum Source {
    case images([Image])
    case tensors([Tensor])
    /// An image of random numbers.
    case noise
  }

  /// Uses images that are already in memory.
  /// - Parameters:
  ///   - images: Images of any sizes; an image of another size than the engine's is resized.
  ///   - agreement: The least share of pixels that must keep their float32 class, from 0 to 1.
  public init(images: [Image], agreement: Double = 0.99) {
    source = .images(images)
    self.agreement = agreement
  }

  /// Reads the images of a folder, but not of folders inside it. If there are more than `limit`, those
  /// that are read are spread evenly over the sorted names.
  /// - Parameters:
  ///   - folder: The folder.
  ///   - limit: The most images to read.
  ///   - agreement: The least share of pixels that must keep their float32 class, from 0 to 1.
  /// - Throws: `EngineError.calibration` if no image can be read, `FileError` if the folder cannot be listed.
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
      let reason =
        unreadable.first.map { "no image can be read: \($0)" } ?? "no image (\(ImageFormat.list("or"))) to calibrate on"
      throw EngineError.calibration("\(folder.path): \(reason)")
    }
    self.init(images: images, agreement: agreement)
    self.unreadable = unreadable
  }

  /// The image files of a folder, sorted by name.
  /// - Throws: `FileError` if the folder cannot be listed.
  package static func imageFiles(in folder: String) throws(FileError) -> [String] {
    try ImageListing(of: folder, looksInside: true).images.map { "\(folder)/\($0)" }
  }

  /// Uses images that are already normalized.
  /// - Parameters:
  ///   - tensors: Normalized images [1, 3, H, W] of the engine's size.
  ///   - agreement: The least share of pixels that must keep their float32 class, from 0 to 1.
  public init(tensors: [Tensor], agreement: Double = 0.99) {
    source = .tensors(tensors)
    self.agreement = agreement
  }

  /// An image of random numbers, for comparisons of networks for which there is no image.
  package static var noise: Calibration {
    var calibration = Calibration(tensors: [])
    calibration.source = .noise
    return calibration
  }

  /// The normalized images [1, C, H, W] for an engine of a size.
  /// - Throws: `EngineError` if there are no images, a tensor has another size, or the agreement is out of range.
  package func inputs(_ size: ImageSize, _ normalization: Normalization) throws -> [Tensor] {
    guard (0...1).contains(agreement) else {
      throw EngineError.calibration("the agreement is a share from 0 to 1, found \(agreement)")
    }
    let inputs: [Tensor]
    switch source {
    case .images where !normalization.isRGB:
      throw EngineError.calibration(
        "images to calibrate on are 8-bit RGB, and the network takes \(normalization.channels) channels of type "
          + "\(normalization.type): choose float32 or bfloat16")
    case .images(let images):
      inputs = try images.map { image in
        let input = try normalization.tensor(image.size == size ? image : image.resized(to: size))
        return try catchingTorchErrors { input.contiguous() }
      }
    case .noise:
      var generator = SplitMix64(state: 1)
      let count = normalization.channels * size.area
      let values = (0..<count).map { _ in Float(generator.next() >> 40) / Float(1 << 22) - 2 }
      inputs = [Tensor(values, shape: [1, normalization.channels, size.height, size.width])]
    case .tensors(let tensors):
      for tensor in tensors where tensor.shape != [1, normalization.channels, size.height, size.width] {
        throw EngineError.size(
          expected: "1x\(normalization.channels)x\(size.height)x\(size.width)", found: "\(tensor.shape)")
      }
      inputs = tensors
    }
    if inputs.isEmpty { throw EngineError.calibration("no images to calibrate on") }
    return inputs
  }
}

/// A report of what an engine computes in int8, and how much accuracy that costs.
public struct QuantizationReport: Codable, Equatable, Sendable {
  /// The number of convolutions in the network.
  public let convolutions: Int
  /// The number of convolutions that are computed in int8; the others keep a higher precision.
  public let int8Convolutions: Int
  /// The share of the calibration images' pixels that keep their float32 class, from 0 to 1.
  public let agreement: Double
}

extension QuantizationReport: CustomStringConvertible {
  /// One line such as "52 of 57 convolutions in int8, 99.31% of the calibration's pixels with float32's class".
  public var description: String {
    "\(int8Convolutions) of \(convolutions) convolutions in int8, "
      + String(format: "%.2f%% of the calibration's pixels with float32's class", agreement * 100)
  }
}

/// A sample of the values of each map of a graph, taken from several images.
final class ValueSamples {
  private var values: [Graph.ValueID: [Float]] = [:]
  private let limit: Int

  /// - Parameter limit: About how many values to keep of each map and image.
  init(limit: Int) { self.limit = limit }

  func add(_ tensor: Tensor, of id: Graph.ValueID) {
    let dense = tensor.contiguous()
    let count = dense.count
    // An odd step reaches all channels and columns.
    let step = max(1, count / limit) | 1
    dense.withUnsafeBytes { bytes in
      let elements = bytes.bindMemory(to: Float.self)
      var sample = values[id] ?? []
      for index in stride(from: 0, to: count, by: step) { sample.append(elements[index]) }
      values[id] = sample
    }
  }

  /// For each map, the range of values that its quantization should cover.
  var ranges: [Graph.ValueID: ClosedRange<Float>] { values.mapValues(clippingRange) }
}

/// The range that quantization to 256 levels should cover: it contains zero and has the least mean squared error on a
/// sample. Rare extremes may lie outside of it.
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
