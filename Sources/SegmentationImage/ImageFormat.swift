import CImageCodecs

/// The file format of an image, told by its first bytes.
public enum ImageFormat: String, Sendable, Codable, CaseIterable {
  /// PNG.
  case png
  /// JPEG.
  case jpeg
  /// TIFF, also BigTIFF and GeoTIFF.
  case tiff
  /// WebP.
  case webp
  /// The bitmaps of Windows and OS/2.
  case bmp

  /// The endings of file names, in small letters.
  package var fileExtensions: [String] {
    switch self {
    case .png: ["png"]
    case .jpeg: ["jpg", "jpeg"]
    case .tiff: ["tif", "tiff"]
    case .webp: ["webp"]
    case .bmp: ["bmp"]
    }
  }

  /// The endings to try for a name without one, the most usual first, in small and in capital letters.
  package static func endings(first: ImageFormat, withJPEG: Bool = true) -> [String] {
    let formats = [first] + allCases.filter { $0 != first && (withJPEG || $0 != .jpeg) }
    return formats.flatMap { $0.fileExtensions + $0.fileExtensions.map { $0.uppercased() } }
  }

  /// The name in messages.
  package var title: String { self == .webp ? "WebP" : rawValue.uppercased() }

  /// The names of all formats, such as "PNG, JPEG and TIFF".
  package static func list(_ joint: String = "and") -> String {
    let titles = allCases.map(\.title)
    return titles.dropLast().joined(separator: ", ") + " \(joint) \(titles.last!)"
  }

  /// The format that a codec found; `nil` for none.
  init?(_ code: ci_format) {
    switch code {
    case CI_PNG: self = .png
    case CI_JPEG: self = .jpeg
    case CI_TIFF: self = .tiff
    case CI_WEBP: self = .webp
    case CI_BMP: self = .bmp
    default: return nil
    }
  }
}
