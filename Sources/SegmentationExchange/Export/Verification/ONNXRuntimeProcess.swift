import Files
import Foundation
import Torch

/// Runs an ONNX file by ONNX Runtime in a Python process.
struct ONNXRuntimeProcess: ExportEngine {
  /// The advice for someone who lacks ONNX Runtime.
  static let advice = "run make setup-exchange, or name a python that has onnxruntime and numpy with RTSEG_PYTHON"

  private(set) var name = "ONNX Runtime"
  private let python: String
  private let folder: URL

  /// - Parameter folder: The folder with the file `network.onnx`.
  /// - Throws: `ExchangeError` if there is no Python with ONNX Runtime.
  init(folder: URL, environment: [String: String], program: URL) throws(ExchangeError) {
    self.folder = folder
    do throws(PythonProgram.Failure) {
      python = try PythonProgram.find(environmentFolder: ".exchange", environment: environment, program: program)
    } catch {
      switch error {
      case .notAProgram(let chosen): throw ExchangeError("RTSEG_PYTHON: \(chosen) is not a program; \(Self.advice)")
      case .missing: throw ExchangeError("nothing can run the ONNX file here: there is no python3; \(Self.advice)")
      }
    }
    let found: (status: Int32, output: String)
    do { found = try Self.start(python, ["-c", "import numpy, onnxruntime; print(onnxruntime.__version__)"]) } catch {
      throw ExchangeError("\(python) cannot be started: \(error.localizedDescription)")
    }
    let version = found.output.trimmingCharacters(in: .whitespacesAndNewlines)
    guard found.status == 0, !version.isEmpty else {
      throw ExchangeError(
        "nothing can run the ONNX file here: \(python) has no onnxruntime with numpy; \(Self.advice)")
    }
    name = "ONNX Runtime \(version)"
  }

  func run(_ inputs: [Tensor]) throws -> [Tensor] {
    for (index, input) in inputs.enumerated() {
      try Npy.write(input, to: folder.appending(path: "input_\(index).npy"))
    }
    let result = try Self.start(python, ["-c", Self.script, folder.path])
    let outputs = inputs.indices.map { folder.appending(path: "output_\($0).npy") }
    guard result.status == 0, outputs.allSatisfy({ FileManager.default.fileExists(atPath: $0.path) }) else {
      let reason = result.output.split(separator: "\n").last.map(String.init) ?? "status \(result.status)"
      throw ExchangeError("\(name) cannot run the exported file: \(reason.printable(limit: 300))")
    }
    return try outputs.map { try Npy.read($0) }
  }

  /// Runs a program to its end and returns its status, with everything that it has printed.
  private static func start(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  // Pairs of bytes are added in 16 bits on processors without special instructions, which overflows. The option makes ONNX
  // Runtime avoid that.
  private static let script = """
    import glob, os, re, sys
    import numpy, onnxruntime
    onnxruntime.set_default_logger_severity(3)
    folder = sys.argv[1]
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(
        os.path.join(folder, "network.onnx"), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    for path in glob.glob(os.path.join(folder, "input_*.npy")):
        result = session.run(None, {name: numpy.load(path)})[0]
        index = re.search(r"input_([0-9]+)", os.path.basename(path)).group(1)
        numpy.save(os.path.join(folder, "output_" + index + ".npy"), result)
    """
}
