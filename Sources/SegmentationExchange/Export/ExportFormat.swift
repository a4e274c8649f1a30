/// The formats in which networks are written for other tools.
public enum ExportFormat: String, Sendable, CaseIterable {
  /// ONNX, which ONNX Runtime, OpenVINO, TensorRT and others run.
  case onnx
  /// TorchScript, which `torch.jit.load` opens in Python and C++.
  case torchscript
  /// The weights alone under their names in PyTorch.
  case safetensors

  /// The ending of files of the format, without the dot.
  public var fileExtension: String {
    switch self {
    case .onnx: "onnx"
    case .torchscript: "pt"
    case .safetensors: "safetensors"
    }
  }
}
