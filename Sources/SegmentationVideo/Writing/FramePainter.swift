import CVideoFrames
import SegmentationImage
import SegmentationInference

/// Makes a product of each labelled frame in the form in which videos store it.
package struct FramePainter: Sendable {
  let product: PredictionProduct
  let color: ColorDescription
  /// The luma of each class, then their first and then their second color differences.
  private let colors: [UInt8]
  /// The share of the colors, of 65536.
  private let share: Int32

  /// - Parameter alpha: How strongly the colors cover the frame in overlays, from 0 to 1.
  package init(_ product: PredictionProduct, color: ColorDescription, palette: Palette, alpha: Double) {
    self.product = product
    self.color = color
    let components = (0...255).map { color.components(of: palette[UInt8($0)]) }
    colors = components.map(\.y) + components.map(\.u) + components.map(\.v)
    share = product == .color ? 65536 : Int32((alpha * 65536).rounded())
  }

  /// Whether the product has one value per pixel, without colors.
  var isGray: Bool { product == .ids || product == .probability }

  /// The values of a gray product.
  func values(_ frame: LabelledFrame) -> [UInt8] {
    product == .probability ? frame.result.confidence?.values ?? [] : frame.result.classes.values
  }

  /// The frame with the classes' colors over it, or the colors alone.
  package func painted(_ labelled: LabelledFrame) -> VideoFrame {
    let mask = labelled.result.classes.values
    var frame = labelled.frame
    frame.withPlanes { planes in
      var planes = planes
      cv_overlay(&planes, mask, colors, share)
    }
    return frame
  }
}
