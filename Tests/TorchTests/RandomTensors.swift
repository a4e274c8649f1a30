import Basics
import Torch

extension SplitMix64 {
  /// Numbers between -2 and 2.
  mutating func tensor(_ shape: [Int]) -> Tensor {
    Tensor((0..<shape.reduce(1, *)).map { _ in Float.random(in: -2...2, using: &self) }, shape: shape)
  }

  /// Labels of so many classes, a fifth of which is 255.
  mutating func labels(_ shape: [Int], classes: Int) -> Tensor {
    Tensor(
      (0..<shape.reduce(1, *)).map { _ in
        Int.random(in: 0..<5, using: &self) == 0 ? 255 : Int.random(in: 0..<classes, using: &self)
      }, shape: shape)
  }
}
