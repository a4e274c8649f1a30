import Files
import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationModels
import TestSupport
import Torch

/// Exported networks with the results that they should give, in a folder, for `check_exports.py`.
final class ExportCases {
  struct Case: Encodable {
    let name: String
    let file: String
    let inputs: [String]
    let outputs: [String]
  }

  struct EngineResult: Decodable {
    let difference: Double?
    let agreement: Double?
    let error: String?
  }

  struct Outcome: Decodable {
    let name: String
    let checker: String
    let engines: [String: EngineResult]
  }

  private let folder: TemporaryFolder
  private var cases: [Case] = []

  init() throws { folder = try TemporaryFolder() }

  /// A python with onnx, onnxruntime and openvino: RTSEG_PYTHON, or what `make setup-exchange` installs; nil if there is
  /// none.
  static let python: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let candidates: [String?] = [
      ProcessInfo.processInfo.environment["RTSEG_PYTHON"], root.appending(path: ".exchange/bin/python3").path,
    ]
    return candidates.compactMap { $0 }.first { python in
      (try? ExportCases.run(python, ["-c", "import onnx, onnxruntime, openvino, safetensors, numpy"]).status) == 0
    }
  }()

  /// Whether that python has torch, too.
  static let hasTorch = python.map { (try? ExportCases.run($0, ["-c", "import torch"]).status) == 0 } ?? false

  /// Exports a network and computes what it should give for formula images of some sizes.
  /// - Parameter images: The numbers and sizes of images, [N, 3, H, W].
  func add(
    _ name: String, _ export: NetworkExport, _ network: ExportedNetwork, _ options: ExportOptions, images: [[Int]]
  ) throws {
    let file = "\(cases.count).\(export.format.fileExtension)"
    try export.file.write(to: URL(filePath: folder.file(file)))
    var (inputs, outputs): ([String], [String]) = ([], [])
    for (index, shape) in images.enumerated() {
      let (input, normalized) = try Self.image(shape, network, options)
      let scores = try catchingTorchErrors { withoutGradients { network.model.logits(normalized) } }
      let output: Tensor
      switch options.output {
      case .logits: output = scores
      case .probabilities: output = scores.softmax(dimension: 1)
      case .classes: output = scores.argmax(dimension: 1)
      }
      inputs.append("\(cases.count)_input_\(index).npy")
      outputs.append("\(cases.count)_output_\(index).npy")
      try Npy.write(input, to: URL(filePath: folder.file(inputs[index])))
      try Npy.write(output, to: URL(filePath: folder.file(outputs[index])))
    }
    cases.append(Case(name: name, file: file, inputs: inputs, outputs: outputs))
  }

  /// Pixels in the form that a file takes, and what the network itself takes.
  private static func image(
    _ shape: [Int], _ network: ExportedNetwork, _ options: ExportOptions
  ) throws -> (input: Tensor, normalized: Tensor) {
    let pixels = ((Formula.input(shape) + 2) * (255.0 / 4)).floor().clamp(min: 0, max: 255)
    let scale = Tensor(network.normalization.scale, shape: [1, 3, 1, 1])
    let shift = Tensor(network.normalization.shift, shape: [1, 3, 1, 1])
    let normalized = pixels * scale + shift
    switch options.input {
    case .uint8: return (pixels.permute([0, 2, 3, 1]).to(dtype: .uint8).contiguous(), normalized)
    case .float32: return (options.normalizes ? pixels : normalized, normalized)
    }
  }

  /// Adds a file of weights with those that it should have.
  func addWeights(_ name: String, _ export: NetworkExport, _ network: ExportedNetwork) throws {
    let file = "\(cases.count).safetensors"
    try export.file.write(to: URL(filePath: folder.file(file)))
    let arrays = "\(cases.count)_arrays"
    let list = try folder.file("\(arrays)/list.txt")
    var names: [String] = []
    for (index, entry) in network.model.namedState.enumerated() {
      try Npy.write(entry.tensor, to: URL(filePath: folder.file("\(arrays)/\(index).npy")))
      names.append(entry.name)
    }
    try Data(names.joined(separator: "\n").utf8).write(to: URL(filePath: list))
    let script = """
      import numpy, sys
      folder = sys.argv[1]
      names = open(folder + "/list.txt").read().split("\\n")
      numpy.savez(folder + ".npz", **{name: numpy.load(f"{folder}/{i}.npy") for i, name in enumerate(names)})
      """
    let path = "\(folder.path)/\(arrays)"
    let result = try Self.run(Self.python!, ["-c", script, path])
    guard result.status == 0 else { throw ExchangeError("savez: \(result.output)") }
    cases.append(Case(name: name, file: file, inputs: [], outputs: ["\(arrays).npz"]))
  }

  /// Runs all files in one process.
  func run() throws -> [Outcome] {
    try JSONEncoder().encode(cases).write(to: URL(filePath: folder.file("cases.json")))
    let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "check_exports.py").path
    let result = try Self.run(Self.python!, [script, folder.path])
    guard result.status == 0, let line = result.output.split(separator: "\n").last else {
      throw ExchangeError("check_exports.py: \(result.output)")
    }
    return try JSONDecoder().decode([Outcome].self, from: Data(line.utf8))
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
