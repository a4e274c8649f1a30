import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// The networks that a benchmark measures, and the way in which it does.
public struct BenchmarkOptions: Sendable {
  /// The networks, in the order of the report.
  public var networks: [Architecture] = []
  /// The compiled network that is measured in place of the only network's weights; `nil` for none.
  public var program: String?
  /// The name under which a compiled network is reported that is not in the catalogue.
  public var programName: String?
  /// The ONNX file that the compiled network was made from, which peers run as it is; `nil` for none.
  public var onnx: URL?
  /// The normalization of the image.
  public var normalization = Normalization()
  /// The engine that runs them.
  public var engine = Engine.kernels
  /// The type in which the engine computes.
  public var precision = Precision.float32
  /// The result of an inference, classes or scores.
  public var output = InferenceOptions.Output.classes
  /// The size of the networks' input in pixels.
  public var size = ImageSize(height: 512, width: 1024)
  /// The number of the networks' classes.
  public var classes = 19
  /// The device, such as `cpu` or `cuda`.
  public var device = "cpu"
  /// The number of CPU threads of each process, the peers' included.
  public var threads = 1
  /// The vector instructions that all processes are limited to; `nil` for those of the processor. ONNX Runtime, MNN,
  /// ncnn and LiteRT cannot be limited.
  public var instructionSet: InstructionSet?
  /// The variables that tell a process its threads and its instructions.
  var environment: [String: String] {
    // OpenMP reads this before a program can say how many threads it wants.
    ["OMP_NUM_THREADS": "\(threads)"].merging(instructionSet?.environment ?? [:]) { $1 }
  }
  /// The time to warm up and to measure.
  public var budget = LatencyBudget()
  /// The number of processes for each engine and network; with peers, the number of pairs with each peer.
  public var rounds = 1
  /// A folder of images for int8 to be calibrated on; `nil` calibrates on the benchmark's own input alone.
  public var calibration: String?
  /// The share of the calibration images' pixels to which int8 must give the same class as float32.
  public var agreement = 0.99
  /// The seed of random weights.
  public var seed: UInt64 = 1
  /// The work that another process does during all measurements; `nil` if there is no such process.
  public var contention: Contention?
  /// The way in which the engine chooses its kernels.
  public var selection = InferenceOptions.Selection.estimated
  /// Whether each operation of the engine is measured too.
  public var withProfile = false
  /// A time in milliseconds: networks that cannot be as fast, since their arithmetic alone takes longer at this machine's
  /// peak, are left out of the report. `nil` measures all.
  public var limit: Double?
  /// The longest time that a process may take, in seconds.
  public var timeout = 1800.0
  /// The engines of other packages to compare with; `nil` for none.
  public var peers: PeerOptions?

  /// Creates options that measure no networks yet.
  public init() {}
}

/// The engines of other packages that are measured beside this package's, and the places of what they need.
public struct PeerOptions: Sendable {
  /// The engines, in the order in which they run.
  public var peers: [Peer]
  /// The type in which the peers compute, which need not be that of this package's engine.
  public var precision: Precision
  /// Whether the peers take the classes at the size of the scores, before they are enlarged to the input's size.
  public var atOwnSize = false
  /// The Python interpreter of an environment that has the peers.
  public var python: URL
  /// The program that runs the peers, `Benchmarks/peers/inference.py`.
  public var script: URL
  /// A checkout of https://github.com/zh320/realtime-semantic-segmentation-pytorch, from which the networks are taken;
  /// `nil` for an ONNX file, which the peers run itself.
  public var reference: URL?

  /// Creates options whose peers take the classes at the input's size.
  public init(peers: [Peer], precision: Precision, python: URL, script: URL, reference: URL?) {
    self.peers = peers
    self.precision = precision
    self.python = python
    self.script = script
    self.reference = reference
  }
}

/// Another inference engine.
public enum Peer: String, Codable, Sendable, CaseIterable {
  /// PyTorch, which runs one operator after the other, with channels last.
  case pytorch
  /// PyTorch with `torch.compile` and frozen weights.
  case compile
  /// The same, with kernels that `torch.compile` chooses by measuring them (`max-autotune`).
  case autotune
  /// ONNX Runtime.
  case onnxruntime
  /// OpenVINO.
  case openvino
  /// MNN, which converts the ONNX file.
  case mnn
  /// ncnn, whose own converter reads TorchScript. It gives scores, not classes.
  case ncnn
  /// LiteRT (TensorFlow Lite) with the kernels of XNNPACK. Its converter reads the network in PyTorch.
  case litert

  /// All formats of files, in the order in which they are written. The second and those for int8 are made from ONNX.
  static let allFormats = ["onnx", "mnn", "ncnn", "litert", "onnx-int8", "openvino-int8"]

  /// The engines that run ONNX files as they are.
  public static let readersOfONNX: [Peer] = [.onnxruntime, .openvino]

  /// The formats that it needs to compute in a type; empty if it takes the network itself.
  func formats(_ precision: Precision) -> [String] {
    switch self {
    case .pytorch, .compile, .autotune: []
    case .onnxruntime: precision == .int8 ? ["onnx", "onnx-int8"] : ["onnx"]
    case .openvino: precision == .int8 ? ["onnx", "openvino-int8"] : ["onnx"]
    case .mnn: ["onnx", "mnn"]
    case .ncnn: ["ncnn"]
    case .litert: ["litert"]
    }
  }
}
