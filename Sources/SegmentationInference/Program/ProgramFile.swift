import CRuntime
import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// A `.rtseg` file that was opened, for engines and predictors.
///
/// ```swift
/// let file = try ProgramFile(contentsOf: URL(filePath: "street.rtseg"))
/// let street = try Predictor(file).label(contentsOf: URL(filePath: "street.jpg"))
/// ```
///
/// Several threads may use it at a time: nothing in it changes.
public final class ProgramFile: @unchecked Sendable {
  /// The file, or the one that a program in memory was made from.
  public let url: URL
  /// The network's name in the catalogue.
  public let network: String
  /// The SHA-256 of the checkpoint's bytes in hexadecimal digits; empty if the weights came from no file.
  public let checkpoint: String
  /// The version of RTSeg that wrote the file.
  public let producer: String
  /// The numbers that the network computes in.
  public let precision: Precision
  /// The sizes of images in pixels that the network was compiled for.
  public let sizes: [ImageSize]
  /// The classes' names and colors in the order of their numbers.
  public let classes: [ClassInfo]
  /// The normalization that the program applies to images.
  public let normalization: Normalization
  /// The share of the calibration images' pixels that have the same class in int8 as in float32, from 0 to 1; `nil` for
  /// other precisions.
  public let agreement: Double?
  /// The number of operators of the first size.
  public let operatorCount: Int
  /// The size of all weights in the file in bytes.
  public let weightBytes: Int
  let handle: OpaquePointer
  /// The bytes of a program in memory, which the runtime reads where they are.
  private let memory: UnsafeMutableRawBufferPointer?

  /// Opens and checks a file.
  /// - Throws: `EngineError.program` if the file cannot be read, is damaged or is of a newer version.
  public convenience init(contentsOf file: URL) throws(EngineError) {
    guard let handle = rt_program_open(file.path) else { throw .lastRuntimeFailure }
    try self.init(handle, memory: nil, url: file)
  }

  /// Opens a program that lies in memory, as if it had been written to a file.
  /// - Parameter url: The file that the program was made from, which errors and reports name.
  /// - Throws: `EngineError.program`.
  public convenience init(_ program: consuming Program, from url: URL) throws(EngineError) {
    let bytes = program.encoded()
    _ = consume program
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 4096)
    memory.copyBytes(from: bytes)
    guard let handle = rt_program_open_memory(memory.baseAddress, memory.count) else {
      memory.deallocate()
      throw .lastRuntimeFailure
    }
    try self.init(handle, memory: memory, url: url)
  }

  /// Takes over a program of the runtime and its bytes.
  private init(
    _ handle: OpaquePointer, memory: UnsafeMutableRawBufferPointer?, url: URL
  ) throws(EngineError) {
    self.handle = handle
    self.memory = memory
    self.url = url
    var description = rtseg_description()
    guard rtseg_describe(handle, &description) == RTSEG_OK else {
      rt_program_free(handle)
      memory?.deallocate()
      throw .program(String(cString: rtseg_error_message()))
    }
    network = String(cString: description.network)
    checkpoint = String(cString: description.checkpoint)
    producer = String(cString: description.producer)
    precision = Precision(rawValue: String(cString: description.precision)) ?? .float32
    sizes = (0..<Int(description.size_count)).map {
      ImageSize(height: Int(description.sizes[$0].height), width: Int(description.sizes[$0].width))
    }
    classes = (0..<description.class_count).map { index in
      var name: UnsafePointer<CChar>?
      var color: (UInt8, UInt8, UInt8) = (0, 0, 0)
      withUnsafeMutableBytes(of: &color) {
        _ = rtseg_class(handle, index, &name, $0.baseAddress!.assumingMemoryBound(to: UInt8.self))
      }
      return ClassInfo(name.map { String(cString: $0) } ?? "", RGB(color.0, color.1, color.2))
    }
    normalization = Self.normalization(of: handle)
    operatorCount = Int(description.operator_count)
    weightBytes = Int(clamping: description.weight_bytes)
    agreement = description.agreement < 0 ? nil : description.agreement
  }

  private static func normalization(of handle: OpaquePointer) -> Normalization {
    var channels: Int32 = 0
    var type: UnsafePointer<CChar>?
    _ = rtseg_channels(handle, &channels, &type)
    var (means, deviations): ([Double], [Double]) = ([], [])
    for channel in 0..<channels {
      var (mean, std) = (0.0, 1.0)
      _ = rtseg_channel(handle, channel, &mean, &std)
      means.append(mean)
      deviations.append(std)
    }
    return Normalization(
      mean: means, std: deviations, type: type.flatMap { PixelType(rawValue: String(cString: $0)) } ?? .uint8)
  }

  deinit {
    rt_program_free(handle)
    memory?.deallocate()
  }

  /// Whether a file's name says that it is a program.
  public static func isProgram(_ path: String) -> Bool { path.lowercased().hasSuffix(".rtseg") }

  /// The size among those of the program that is the nearest to a size in its number of pixels and its shape.
  func nearest(to size: ImageSize) -> ImageSize {
    func distance(_ other: ImageSize) -> Double {
      let (height, width) = (
        log(Double(other.height) / Double(size.height)), log(Double(other.width) / Double(size.width))
      )
      return height * height + width * width
    }
    return sizes.min { distance($0) < distance($1) }!
  }
}
