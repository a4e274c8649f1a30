import Torch

extension Tensor {
  /// Pixels as tokens: [N, C, H, W] as [N, H·W, C].
  func asTokens() -> Tensor { flatten(from: 2).transpose(1, 2) }

  /// Tokens as pixels: [N, H·W, C] as [N, C, H, W].
  func asMap(_ size: ImageSize) -> Tensor {
    transpose(1, 2).reshape([self.size(0), self.size(2), size.height, size.width])
  }
}
