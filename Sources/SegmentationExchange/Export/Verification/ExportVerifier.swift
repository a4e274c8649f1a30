import Files
import Foundation
import SegmentationImage
import Torch

/// Compares an exported network with the network itself on images, before it is written.
///
/// TorchScript files are run by libtorch, ONNX files by ONNX Runtime in Python.
public struct ExportVerifier {
  private let runner: ExportRunner
  private let images: [Image]
  /// The images' sizes at which the file is run.
  private let sizes: [ImageSize]

  /// - Parameter images: Images of any sizes, which are resized to the file's.
  public init(_ network: ExportedNetwork, _ options: ExportOptions, images: [Image]) {
    runner = ExportRunner(network: network, options: options)
    self.images = images
    var sizes = [options.size]
    if options.hasDynamicSize {
      let unit = network.model.sizes.multiple
      let other = ImageSize(height: options.size.height * 3 / 2, width: options.size.width * 5 / 4)
      sizes.append(network.model.sizes.padded(other))
      sizes.append(
        network.model.sizes.padded(ImageSize(height: options.size.width + unit, width: options.size.height)))
    }
    self.sizes = sizes
  }

  /// The program that ran the file, how near its results are, and its classes with those of the network.
  public struct Outcome {
    /// The program that ran the file, such as "ONNX Runtime 1.32.0".
    public let program: String
    /// How near the results are.
    public let comparison: ExportComparison
    /// For each image at the file's own size, the classes that the file finds and those that the network finds.
    public let classes: [(found: Mask, expected: Mask)]
  }

  /// Runs the file on all images.
  /// - Parameter environment: The variables that name Python.
  /// - Throws: `ExchangeError` if nothing can run the file here, or it fails; `TorchError`.
  public func run(
    _ export: NetworkExport, environment: [String: String] = ProcessInfo.processInfo.environment,
    program: URL = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
  ) throws -> Outcome {
    guard runner.network.normalization.isRGB else {
      throw ExchangeError("files are compared on 8-bit RGB images, and this network takes other ones")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-export-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "network.\(export.format.fileExtension)")
    try AtomicFile.write(export.file, to: file)
    var jobs: [(image: Image, input: Tensor)] = []
    for (index, image) in images.enumerated() {
      // Other sizes than the file's own are tried on the first image.
      for size in index == 0 ? sizes : [sizes[0]] {
        let resized = image.size == size ? image : image.resized(to: size)
        jobs.append((resized, try runner.input(resized)))
      }
    }
    let engine: any ExportEngine
    switch export.format {
    case .onnx: engine = try ONNXRuntimeProcess(folder: folder, environment: environment, program: program)
    case .torchscript: engine = try TorchScriptRunner(file)
    case .safetensors: throw ExchangeError("a safetensors file holds weights alone: it cannot be run")
    }
    let results = try engine.run(jobs.map(\.input))
    var comparison = ExportComparison()
    var classes: [(found: Mask, expected: Mask)] = []
    for (job, found) in zip(jobs, results) {
      let expected = try runner.expected(job.image)
      try comparison.add(found, expected: expected)
      if job.image.size == sizes[0] { classes.append((found: try mask(found), expected: try mask(expected))) }
    }
    return Outcome(program: engine.name, comparison: comparison, classes: classes)
  }

  /// The classes of the first image of a result.
  private func mask(_ result: Tensor) throws -> Mask {
    try catchingTorchErrors {
      let classes = (result.rank == 4 ? result.argmax(dimension: 1) : result).select(0, dimension: 0)
      return Mask(
        height: classes.size(0), width: classes.size(1), values: classes.to(dtype: .uint8).contiguous().elements())
    }
  }
}

/// A program that runs exported files.
protocol ExportEngine {
  /// The program's name with its version.
  var name: String { get }
  /// The file's results for some inputs.
  func run(_ inputs: [Tensor]) throws -> [Tensor]
}

/// Runs TorchScript files by libtorch.
struct TorchScriptRunner: ExportEngine {
  let name = "TorchScript in libtorch"
  private let module: ScriptModule

  init(_ file: URL) throws { module = try ScriptModule(contentsOf: file) }

  func run(_ inputs: [Tensor]) throws -> [Tensor] { try inputs.map { try module($0) } }
}
