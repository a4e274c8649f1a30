/// The time that one operation of an engine took, and the work that it did.
public struct OperationTime: Codable, Equatable, Sendable {
  /// The operator's name: `conv`, `resize`, `cat`, ...
  public var name: String
  /// The code that computes it: a kernel, with a convolution's size and algorithm, or `libtorch`.
  public var kernel: String
  /// The module whose weights it uses, by its path in the network; empty if it uses none.
  public var module: String
  /// The shape of the result: [N, C, H, W] for a map.
  public var outputShape: [Int]
  /// The median time of several runs in seconds.
  public var seconds: Double
  /// Multiply-accumulates as the operator is defined; the algorithm may need fewer.
  public var multiplyAccumulates: Int
  /// The bytes read and written, weights included, each counted once.
  public var bytes: Int
  /// The number, from 0, of the chain of operations to which it belongs; `nil` if it belongs to none. Each thread runs a
  /// chain by itself, so that the maps between its operations are never whole.
  public var chain: Int?
}
