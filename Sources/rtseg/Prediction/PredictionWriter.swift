import Foundation
import SegmentationImage

/// Writes what was predicted of images.
struct PredictionWriter: Sendable {
  let palette: Palette
  /// How strongly colors cover the image in overlays, 0 to 1.
  let alpha: Double

  /// - Throws: `ImageError`.
  func write(_ prediction: ImagePrediction, to outputs: [(product: PredictionProduct, path: String)]) throws {
    for output in outputs {
      let url = URL(filePath: output.path)
      switch output.product {
      case .ids: try prediction.found.classes.write(to: url, palette: palette)
      case .color: try prediction.found.classes.colored(by: palette).write(to: url)
      case .overlay:
        try prediction.image.overlaid(with: prediction.found.classes, palette: palette, alpha: alpha).write(to: url)
      case .probability: try prediction.found.confidence?.write(to: url)
      }
    }
  }
}
