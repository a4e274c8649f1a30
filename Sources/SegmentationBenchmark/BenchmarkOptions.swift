import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// What a benchmark measures, and how.
public struct BenchmarkOptions: Sendable {
  public var networks: [Architecture] = []
  public var engine = Engine.kernels
  public var precision = Precision.float32
  public var output = InferenceOptions.Output.classes
  public var size = ImageSize(height: 512, width: 1024)
  public var classes = 19
  public var device = "cpu"
  public var threads = 1
  public var budget = LatencyBudget()
  /// Processes of each engine and network. With peers: pairs with each peer.
  public var rounds = 1
  /// For int8: a folder of images to calibrate on, `nil` for the benchmark's own input alone.
  public var calibration: String?
  /// For int8: the share of the calibration images' pixels whose class must stay float32's.
  public var agreement = 0.99
  /// Of random weights.
  public var seed: UInt64 = 1
  /// Runs one busy process beside all measurements.
  public var isContended = false
  /// How the engine chooses its kernels.
  public var selection = InferenceOptions.Selection.estimated
  /// Measures each operation of the engine too.
  public var withProfile = false
  /// The longest that one process may take, in seconds.
  public var timeout = 1800.0
  public var peers: PeerOptions?

  public init() {}
}

/// Which other engines are measured beside this package's, and where they are.
public struct PeerOptions: Sendable {
  public var peers: [Peer]
  /// What the peers compute in; the same as ours unless said otherwise.
  public var precision: Precision
  /// Takes the peers' classes before their final upsampling.
  public var atOwnSize = false
  /// Python of an environment that has the peers.
  public var python: URL
  /// `Benchmarks/peers/inference.py`.
  public var script: URL
  /// A checkout of https://github.com/zh320/realtime-semantic-segmentation-pytorch.
  public var reference: URL

  public init(peers: [Peer], precision: Precision, python: URL, script: URL, reference: URL) {
    self.peers = peers
    self.precision = precision
    self.python = python
    self.script = script
    self.reference = reference
  }
}

/// Another inference engine.
public enum Peer: String, Codable, Sendable, CaseIterable {
  /// PyTorch, operator by operator, channels last.
  case pytorch
  /// `torch.compile` with frozen weights.
  case compile
  case onnxruntime
  case openvino

  /// Whether it runs an ONNX file.
  var takesONNX: Bool { self == .onnxruntime || self == .openvino }
}
