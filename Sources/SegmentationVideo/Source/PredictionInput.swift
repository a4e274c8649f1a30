import Files
import Foundation
import SegmentationImage

/// Whether `rtseg predict` was given images or a video.
package enum PredictionInput: Sendable, Equatable {
  /// An image, a folder of images, or a path that leads nowhere.
  case images
  case video(VideoSource)

  /// Looks at what a text names. A file is an image if its name or its first bytes say so, and otherwise a video.
  /// - Throws: `VideoError` for addresses of unknown kinds, and for standard input that is a terminal.
  package init(_ text: String) throws(VideoError) {
    if text == "-" {
      guard isatty(STDIN_FILENO) == 0 else {
        throw VideoError("standard input is a terminal: pipe a video into it, or give --input a path")
      }
      self = .video(.standardInput)
      return
    }
    if let match = text.firstMatch(of: /^([A-Za-z][A-Za-z0-9+.\-]*):\/\//), !FileSystem.exists(text) {
      let scheme = match.1.lowercased()
      guard VideoSource.protocols[scheme] != nil else {
        let known = VideoSource.protocols.keys.sorted().joined(separator: ", ")
        throw VideoError("\(text): expected an address of one of these kinds: \(known)")
      }
      self = .video(.address(text, scheme: scheme))
      return
    }
    switch FileSystem.kind(of: text) {
    case nil, .folder?: self = .images
    case .other?: self = Self.device(text).map(Self.video) ?? .images
    case .file?:
      let isImage = ImageListing.isImageName(text) || ImageFormat(ofFileAt: text) != nil
      self = isImage ? .images : .video(.file(text))
    }
  }

  private static func device(_ path: String) -> VideoSource? {
    var status = stat()
    guard FileName.withCString(path, { stat($0, &status) }) == 0 else { return nil }
    return switch status.st_mode & S_IFMT {
    case S_IFCHR: .camera(path)
    case S_IFIFO: .namedPipe(path)
    default: nil
    }
  }
}
