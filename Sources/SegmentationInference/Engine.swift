/// The code that computes a network's scores.
public enum Engine: String, Codable, Sendable, CaseIterable {
  /// libtorch, operator by operator.
  case eager
  /// `InferenceEngine`: this package's kernels on the CPU, and one recorded CUDA graph on an NVIDIA GPU.
  case kernels
}
