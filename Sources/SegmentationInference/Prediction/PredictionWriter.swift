import Foundation
import SegmentationImage

/// Writes the results of images that were labelled.
package struct PredictionWriter: Sendable {
  /// How strongly colors cover the image in overlays, 0 to 1.
  private let alpha: Double
  /// The ids of a data set for the products that have them.
  private let labelIDs: LabelIDs?

  package init(alpha: Double, labelIDs: LabelIDs? = nil) { (self.alpha, self.labelIDs) = (alpha, labelIDs) }

  /// - Throws: `ImageError`.
  package func write(_ result: SegmentedImage, to outputs: [(product: PredictionProduct, path: String)]) throws {
    for output in outputs {
      let url = URL(filePath: output.path)
      switch output.product {
      case .ids: try result.classes.write(to: url, palette: result.palette)
      case .color: try result.colored.write(to: url)
      case .overlay: try result.overlay(alpha: alpha).write(to: url)
      case .probability: try result.confidence?.write(to: url)
      case .cityscapes: try labelIDs?.mask(of: result.classes).write(to: url)
      }
    }
  }
}
