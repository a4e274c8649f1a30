import Basics
import Foundation
import Torch

/// Weights, images and labels from a formula of their names: networks can be compared across frameworks without storing
/// weights. Element i of a tensor comes from SplitMix64, started with the name's hash (FNV-1a) and a seed.
public enum Formula {
  /// Which values an entry of a network's state gets.
  public enum Fill: String, Sendable {
    case zero, runningMean, runningVar, bias, prelu, fanIn, layerScale, one
  }

  /// Overwrites a CPU tensor with the values of the entry `key`.
  public static func fill(_ tensor: Tensor, key: String, as fill: Fill, seed: UInt64 = 1) {
    func write(_ value: (Float) -> Float) {
      let start = hash(key) ^ seed
      tensor.withUnsafeMutableBytes { bytes in
        let elements = bytes.bindMemory(to: Float.self)
        for index in elements.indices { elements[index] = value(unit(bits(start, index))) }
      }
    }
    switch fill {
    case .zero: withoutGradients { tensor.zeroInPlace() }
    case .runningVar: write { 1 + 0.25 * $0 }
    case .runningMean, .bias: write { 0.1 * $0 }
    case .prelu: write { 0.25 + 0.1 * $0 }
    case .one: write { 1 + 0.1 * $0 }
    case .layerScale: write { 0.01 * (1 + 0.1 * $0) }
    case .fanIn:
      let scale = Float((3 / Double(tensor.fanIn)).squareRoot())
      write { $0 * scale }
    }
  }

  /// An image batch of the given shape, on [-2, 2).
  public static func input(_ shape: [Int], key: String = "input", seed: UInt64 = 1) -> Tensor {
    let start = hash(key) ^ seed
    return Tensor((0..<shape.reduce(1, *)).map { 2 * unit(bits(start, $0)) }, shape: shape)
  }

  /// Labels [N, H, W] of 19 classes, one pixel in twenty of them ignored (255).
  public static func labels(_ shape: [Int], key: String = "labels", seed: UInt64 = 1) -> Tensor {
    let start = hash(key) ^ seed
    let labels = (0..<shape.reduce(1, *)).map { index in
      let value = Int(bits(start, index) % 20)
      return value == 19 ? 255 : value
    }
    return Tensor(labels, shape: shape)
  }

  /// The hash of a name from which its elements follow (FNV-1a).
  public static func hash(_ key: String) -> UInt64 {
    key.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// 24 random bits for the element `index`.
  @inline(__always)
  private static func bits(_ start: UInt64, _ index: Int) -> UInt64 {
    SplitMix64.number(index, from: start) >> 40
  }

  /// On [-1, 1), exactly.
  @inline(__always)
  private static func unit(_ bits: UInt64) -> Float { Float(bits) * 0x1p-23 - 1 }
}
