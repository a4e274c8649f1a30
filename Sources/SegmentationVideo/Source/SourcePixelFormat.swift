/// How a video stores its pixels, and how ffmpeg hands them over: 8 bits for luma and for two color differences, which are
/// converted only as far as they have to be.
package struct SourcePixelFormat: Sendable, Equatable {
  /// The planes that ffmpeg hands over.
  enum Planes: Sendable {
    /// Luma alone.
    case gray
    /// Color differences of half the height and width.
    case halved
    /// Color differences of all pixels.
    case full
  }

  let planes: Planes
  /// Whether the video has red, green and blue, which ffmpeg converts to BT.709 with a limited range.
  let isRGB: Bool
  /// Whether the name alone says that the whole range from 0 to 255 is used.
  let isFullRange: Bool
  /// Whether ffmpeg's frames have the wanted form without any conversion.
  private let isDirect: Bool

  /// Reads ffmpeg's name of a format, such as "yuv420p10le"; `nil` if there is none.
  package init?(_ name: String?) {
    guard let name, !name.isEmpty, name != "none" else { return nil }
    let isGray = ["gray", "ya8", "ya16", "mono"].contains { name.hasPrefix($0) }
    isRGB = !isGray && ["rgb", "bgr", "gbr", "pal8", "bayer", "xyz"].contains { name.contains($0) }
    isFullRange = name.hasPrefix("yuvj") || isGray
    let isWhole = ["444", "vuy", "ayuv", "xv30", "xv36"].contains { name.contains($0) }
    planes = isGray ? .gray : isRGB || isWhole ? .full : .halved
    isDirect = ["gray", "yuv420p", "yuvj420p", "yuv444p", "yuvj444p"].contains(name)
  }

  /// The filters that give frames of a size in the wanted form. A frame whose size changes on the way is resized.
  func filters(size: (width: Int, height: Int), color: ColorDescription) -> String {
    let range = color.isFullRange ? "full" : "limited"
    let name =
      switch planes {
      case .gray: "gray"
      case .halved: color.isFullRange ? "yuvj420p" : "yuv420p"
      case .full: color.isFullRange ? "yuvj444p" : "yuv444p"
      }
    let scale = "scale=\(size.width):\(size.height)"
    if isDirect { return "\(scale),format=\(name)" }
    if isRGB {
      return
        "\(scale):out_color_matrix=bt709:out_range=\(range):flags=bicubic+accurate_rnd+full_chroma_int,format=\(name)"
    }
    if planes == .gray { return "\(scale),format=\(name)" }
    return "\(scale):in_range=\(range):out_range=\(range):flags=bicubic+accurate_rnd,format=\(name)"
  }
}
