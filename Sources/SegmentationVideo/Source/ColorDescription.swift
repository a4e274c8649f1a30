import CVideoFrames
import SegmentationImage

/// How luma and color differences stand for colors.
package struct ColorDescription: Sendable, Equatable {
  /// A matrix between RGB and luma with color differences.
  package enum Matrix: String, Sendable, CaseIterable {
    case bt709, bt470bg, smpte170m, smpte240m, fcc, bt2020nc, bt2020c

    /// The shares of red and blue in luma.
    var weights: (red: Double, blue: Double) {
      switch self {
      case .bt709: (0.2126, 0.0722)
      case .bt470bg, .smpte170m: (0.299, 0.114)
      case .smpte240m: (0.212, 0.087)
      case .fcc: (0.3, 0.11)
      case .bt2020nc, .bt2020c: (0.2627, 0.0593)
      }
    }
  }

  package let matrix: Matrix
  /// Whether values take the whole range from 0 to 255. Otherwise black is 16 and white is 235.
  package let isFullRange: Bool
  /// ffmpeg's names of the primary colors and of the transfer function; `nil` if they are not known.
  package let primaries: String?
  let transfer: String?
  /// The name of a matrix that is not known and for which BT.709 serves.
  package let unknownMatrix: String?

  private static let knownPrimaries: Set = [
    "bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte428", "smpte431", "smpte432",
  ]
  private static let knownTransfers: Set = [
    "bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "linear", "iec61966-2-1", "iec61966-2-4", "bt2020-10",
    "bt2020-12", "smpte2084", "smpte428", "arib-std-b67",
  ]

  /// - Parameters: Names by ffprobe, of which only known ones are used.
  ///   - size: Decides about the matrix if none is told: BT.709 from 1280 columns or 577 rows on, as players do, and
  ///     BT.601 for smaller videos.
  package init(
    range: String?, matrix: String?, primaries: String?, transfer: String?, size: ImageSize, format: SourcePixelFormat
  ) {
    self.primaries = primaries.flatMap { Self.knownPrimaries.contains($0) ? $0 : nil }
    self.transfer = transfer.flatMap { Self.knownTransfers.contains($0) ? $0 : nil }
    if format.isRGB {
      (self.matrix, isFullRange, unknownMatrix) = (.bt709, false, nil)
      return
    }
    isFullRange = range.map { $0 == "pc" || ($0 != "tv" && format.isFullRange) } ?? format.isFullRange
    let isLarge = max(size.width, size.height) >= 1280 || min(size.width, size.height) > 576
    let told = matrix.flatMap { ["unknown", "unspecified", "reserved"].contains($0) ? nil : $0 }
    self.matrix = told.map { Matrix(rawValue: $0) ?? .bt709 } ?? (isLarge ? .bt709 : .smpte170m)
    unknownMatrix = told.flatMap { Matrix(rawValue: $0) == nil ? $0 : nil }
  }

  /// The factors from luma and color differences to RGB.
  var toRGB: cv_matrix {
    let (red, blue) = matrix.weights
    let green = 1 - red - blue
    let (luma, difference) = isFullRange ? (1.0, 1.0) : (255.0 / 219, 255.0 / 224)
    func fixed(_ value: Double) -> Int32 { Int32((value * 8192).rounded()) }
    return cv_matrix(
      luma_offset: isFullRange ? 0 : 16, luma: fixed(luma), red_v: fixed(difference * 2 * (1 - red)),
      green_u: fixed(-difference * 2 * (1 - blue) * blue / green),
      green_v: fixed(-difference * 2 * (1 - red) * red / green), blue_u: fixed(difference * 2 * (1 - blue)))
  }

  /// Luma and the two color differences of a color.
  package func components(of color: RGB) -> (y: UInt8, u: UInt8, v: UInt8) {
    let (redShare, blueShare) = matrix.weights
    let (red, green, blue) = (Double(color.red), Double(color.green), Double(color.blue))
    let y = redShare * red + (1 - redShare - blueShare) * green + blueShare * blue
    let (u, v) = ((blue - y) / (2 * (1 - blueShare)), (red - y) / (2 * (1 - redShare)))
    func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }
    return isFullRange
      ? (byte(y), byte(128 + u), byte(128 + v))
      : (byte(16 + y * 219 / 255), byte(128 + u * 224 / 255), byte(128 + v * 224 / 255))
  }

  /// The filter of ffmpeg that tells the encoder about the colors.
  package var tagging: String {
    "setparams=range=\(isFullRange ? "pc" : "tv"):colorspace=\(matrix.rawValue)"
      + (primaries.map { ":color_primaries=\($0)" } ?? "") + (transfer.map { ":color_trc=\($0)" } ?? "")
  }
}
