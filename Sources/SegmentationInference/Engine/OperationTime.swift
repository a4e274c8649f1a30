/// What one operation of an engine took, and what it did.
public struct OperationTime: Codable, Equatable, Sendable {
  /// The operator: `conv`, `resize`, `cat`, ...
  public var name: String
  /// What computes it: a kernel, with the algorithm of a convolution, or libtorch.
  public var kernel: String
  /// The module whose weights it uses; empty where it uses none.
  public var module: String
  /// [N, C, H, W], or what else the result is.
  public var outputShape: [Int]
  /// The median of several runs.
  public var seconds: Double
  /// As the operator is defined: algorithms of less arithmetic do fewer.
  public var multiplyAccumulates: Int
  /// Read and written, weights among them, each once.
  public var bytes: Int
}
