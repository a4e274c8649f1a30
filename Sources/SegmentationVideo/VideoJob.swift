import Files
import Foundation
import SegmentationImage
import SegmentationInference

/// A video that is to be labelled, and where the result goes.
///
/// Making one checks all that can be checked before a network is loaded.
package struct VideoJob: Sendable {
  /// The wishes of the user.
  package struct Options: Sendable {
    package var products: [PredictionProduct] = [.overlay]
    /// How strongly colors cover frames in overlays, from 0 to 1.
    package var alpha = 0.3
    /// The share of the frames before in the scores, from 0 to below 1.
    package var smoothing = 0.0
    /// The name of ffmpeg's encoder; `nil` for a choice by the file's name.
    package var encoder: String?

    package init() {}
  }

  /// The place of the results.
  enum Output: Sendable, Equatable {
    case file(String)
    case folder(String)
    case standardOutput
  }

  package let input: VideoInput
  let output: Output
  let options: Options

  /// Looks at a video.
  /// - Parameters:
  ///   - output: The path of a video file, or of a folder, or `-`. A path whose last name has a dot in it is a file unless
  ///     a folder is there.
  ///   - otherInputs: Files that are read besides, which no result may replace.
  /// - Throws: `VideoError`, `FileError`, `OutputConflict`.
  package init(
    _ source: VideoSource, output: String, options: Options, otherInputs: [String] = [],
    isInterrupted: @escaping @Sendable () -> Bool
  ) throws {
    self.options = options
    self.output = Self.place(output)
    try Self.check(self.output, options)
    if case .file(let path) = self.output {
      var plan = OutputPlan()
      if case .file(let input) = source { plan.add(input: input) }
      otherInputs.forEach { plan.add(input: $0) }
      plan.add(output: path, of: "--output")
      try plan.check()
    }
    let ffmpeg = try Self.findPrograms(for: source)
    input = try VideoInput(source, ffmpeg: ffmpeg, isInterrupted: isInterrupted)
  }

  private static func place(_ output: String) -> Output {
    if output == "-" { return .standardOutput }
    if FileSystem.isFolder(output) || output.hasSuffix("/") { return .folder(output) }
    return UnfinishedFile.ending(of: output).isEmpty ? .folder(output) : .file(output)
  }

  private static func check(_ output: Output, _ options: Options) throws(VideoError) {
    guard !options.products.isEmpty, (0...1).contains(options.alpha), (0..<1).contains(options.smoothing) else {
      throw VideoError("expected a product, an alpha from 0 to 1, and a smoothing from 0 to below 1")
    }
    if case .folder = output {
      guard options.encoder == nil else {
        throw VideoError(
          "--video-encoder is for a video file: give --output a name such as labelled.mp4, or leave it out")
      }
    } else if options.products.count > 1 {
      throw VideoError("a video shows one product: name one in --save, or give --output a folder for frames")
    }
    guard options.smoothing == 0 || !options.products.contains(.probability) else {
      throw VideoError("--smoothing gives classes and no probabilities: leave probability out of --save")
    }
  }

  private static func findPrograms(for source: VideoSource) throws(VideoError) -> FFmpeg {
    do { return try FFmpeg() } catch {
      guard case .file(let path) = source else { throw error }
      throw VideoError("\(path): it is no image (\(ImageFormat.list("or"))), and \(error.description)")
    }
  }

  /// Opens the place of the results.
  func makeWriter(palette: Palette, note: (String) -> Void) throws -> any FrameWriter {
    let painter = FramePainter(
      options.products[0], color: input.stream.color, palette: palette, alpha: options.alpha)
    switch output {
    case .file(let path):
      return try EncodedVideoWriter(path, input: input, painter: painter, encoder: options.encoder, note: note)
    case .folder(let path):
      return try FolderWriter(
        path, products: options.products, alpha: options.alpha, timeBase: input.stream.timeBase)
    case .standardOutput: return try StreamWriter(input.stream, painter: painter)
    }
  }
}
