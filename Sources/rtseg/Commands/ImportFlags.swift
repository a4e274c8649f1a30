import ArgumentParser
import Files
import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// Facts of its network that an ONNX file may not tell.
struct ImportFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The output of an ONNX file with the scores or the classes. (default: the first that is a map)", valueName: "name"
    ))
  var outputName: String?
  @Option(
    help: ArgumentHelp(
      """
      The mean of red, green and blue by which an ONNX file's images are normalized, on the scale 0 to 1. (default: that in \
      the file, or ImageNet's)
      """, valueName: "R,G,B"))
  var mean: String?
  @Option(
    help: ArgumentHelp(
      """
      The standard deviation of red, green and blue by which an ONNX file's images are normalized, on the scale 0 to 1. \
      (default: that in the file, or ImageNet's)
      """, valueName: "R,G,B"))
  var std: String?

  func validate() throws { _ = try normalization() }

  /// The normalization that was given.
  func normalization() throws -> Normalization? {
    guard mean != nil || std != nil else { return nil }
    guard let mean, let std else { throw ValidationError("--mean and --std belong together: give both") }
    func numbers(_ text: String, _ option: String, _ range: ClosedRange<Double>) throws -> [Double] {
      let numbers = text.split(separator: ",", omittingEmptySubsequences: false).compactMap {
        Double($0.trimmingCharacters(in: .whitespaces))
      }
      guard numbers.count == 3, numbers.allSatisfy(range.contains) else {
        throw ValidationError(
          "\(option): expected three numbers from \(range.lowerBound) to \(range.upperBound), such as 0.5,0.5,0.5, found \(text)"
        )
      }
      return numbers
    }
    return Normalization(mean: try numbers(mean, "--mean", -1000...1000), std: try numbers(std, "--std", 1e-6...1000))
  }

  /// Refuses options that are for ONNX files, of another file.
  func check(_ path: String, size: ImageSize? = nil) throws {
    guard !ONNXNetwork.isONNX(path) else { return }
    let isGiven = outputName != nil || mean != nil || std != nil || size != nil
    let options = size == nil ? "--output-name, --mean and --std are" : "--size is"
    try refuseOption(isGiven, "\(options) for ONNX files, and \(path) is another file: leave them out")
  }
}

/// Networks that are data: compiled networks, and ONNX files, which are compiled when they are opened.
enum NetworkData {
  /// Whether a file's name says that it is one.
  static func isOne(_ path: String) -> Bool { ProgramFile.isProgram(path) || ONNXNetwork.isONNX(path) }

  /// Opens a compiled network, or compiles an ONNX file.
  /// - Parameters:
  ///   - size: The size of images for which an ONNX file is compiled; `nil` for the file's own.
  ///   - classes: The classes' names and colors in place of the file's.
  static func open(
    _ path: String, flags: ImportFlags, size: ImageSize?, classes: [ClassInfo]? = nil, precision: Precision = .float32,
    calibration: Calibration? = nil
  ) throws -> ProgramFile {
    let url = URL(filePath: path)
    guard ONNXNetwork.isONNX(path) else { return try ProgramFile(contentsOf: url) }
    let network = try ONNXNetwork(contentsOf: url, output: flags.outputName)
    let program = try network.program(
      sizes: size.map { [$0] } ?? [], precision: precision, classes: classes, normalization: flags.normalization(),
      calibration: calibration, note: tell)
    return try ProgramFile(program, from: url)
  }

  /// Tells what was assumed of an ONNX file, and how to say otherwise.
  static func tell(_ line: String) {
    Terminal.report(line.contains("is assumed") ? line + "; give another with --mean and --std" : line)
  }
}
