import Basics
import Files
import Foundation
import SegmentationImage
import Synchronization

/// A page that shows a data set to people: images with their labels over them, the rarest and oddest samples first, and
/// what a check finds beside each. It needs no other file and no network.
public struct DataPage: Sendable {
  /// The bounds of a page.
  public struct Options: Sendable {
    /// The most samples that the page shows.
    public var limit = 200
    /// The longest side of a picture in pixels.
    public var side = 320
    /// Whether images and masks are turned upright by their EXIF orientation, as in `DataOptions`.
    public var exifOrientation = ExifOrientation.apply
    /// The number of channels of images, as in `DataOptions`.
    public var channels = 3
    /// The type of images' values, as in `DataOptions`. Images that are no 8-bit RGB are shown by their first channels.
    public var pixelType = PixelType.uint8

    /// The most pixels that all pictures of a page may have together.
    package static let pixelLimit = 1 << 28

    /// The usual bounds.
    public init() {}
  }

  /// A sample as the page shows it.
  struct Item: Sendable {
    let entry: SampleRanking.Entry
    /// The path below the data set's folder.
    let name: String
    let picture: SamplePicture?
  }

  let report: DataReport
  let classes: [ClassInfo]
  let items: [Item]
  /// The number of samples that the data set has.
  public let total: Int

  /// The number of samples that the page shows.
  public var count: Int { items.count }

  /// Reads all files of a data set, puts its samples in order and draws the first of them.
  /// - Parameters:
  ///   - options: The bounds of the page.
  ///   - progress: Called from any thread with the number of samples that are read and the number of all samples.
  /// - Throws: `DataError` if no split can be listed, or for bounds that would make the page too large.
  public init(
    of dataset: Dataset, options: Options = Options(), progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) throws {
    guard options.limit > 0, options.side > 0,
      options.limit <= Options.pixelLimit / options.side / options.side
    else {
      throw DataError(
        "\(options.limit) pictures of \(options.side)x\(options.side) pixels are too many for a page: expected at most "
          + "\(Options.pixelLimit) pixels in all, so choose fewer or smaller ones")
    }
    var data = DataOptions()
    (data.exifOrientation, data.channels, data.pixelType) = (
      options.exifOrientation, options.channels, options.pixelType
    )
    let survey = try DataChecker(
      dataset, exifOrientation: data.exifOrientation, channels: data.channels, pixelType: data.pixelType
    ).survey(progress: progress)
    let shown = Array(SampleRanking(survey.samples).entries.prefix(options.limit))
    var samples: [Split: Samples] = [:]
    for split in Set(shown.map(\.facts.split)) { samples[split] = try dataset.samples(of: split) }
    let masks = RawMaskReader(labels: dataset.labels, orientation: options.exifOrientation)
    let pictures = Mutex([SamplePicture?](repeating: nil, count: shown.count))
    try Parallel.forEach(shown.count) { [samples, data] index, _ in
      let facts = shown[index].facts
      guard let list = samples[facts.split], list.indices.contains(facts.index) else { return }
      let picture = SamplePicture(of: list[facts.index], masks: masks, data: data, side: options.side)
      pictures.withLock { $0[index] = picture }
    }
    report = survey.report
    classes = dataset.labels.classes
    total = survey.samples.count
    let prefix = dataset.root + "/"
    items = zip(shown, pictures.withLock { $0 }).map { entry, picture in
      let path = entry.facts.image
      return Item(
        entry: entry, name: path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path, picture: picture)
    }
  }

  /// The page as the text of an HTML file. The same data gives the same text.
  public func html() -> String {
    let (style, script) = (Self.text(PackageResources.view_css), Self.text(PackageResources.view_js))
    let title = "Data set \(report.dataset)"
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
      script-src '\(Self.hash(of: script))'"/>
      <title>\(title)</title>
      <style>\(HTML(stringLiteral: style))</style>
      </head>
      <body>
      <a class="skip" href="#samples">Skip to the samples</a>
      <header>
      <h1>\(title)</h1>
      <p>\(summary)</p>
      </header>
      <main>
      \(controls)
      \(classTable)
      \(findings)
      <ul id="samples" aria-label="Samples">
      \(items.enumerated().map { DataPageItem(item: $0.element, number: $0.offset, classes: classes).html })</ul>
      <section class="note" aria-label="How samples are ordered">
      <h2>How samples are ordered</h2>
      <p>\(Self.explanation)</p>
      </section>
      </main>
      \(Self.dialog)
      <script>\(HTML(stringLiteral: script))</script>
      </body>
      </html>

      """
    return page.source
  }

  /// Writes the page. The file is complete or does not exist.
  /// - Throws: `FileError` if the file cannot be written.
  public func write(to url: URL) throws { try AtomicFile.write(Data(html().utf8), to: url) }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// The hash by which a browser knows the page's own script and runs no other.
  private static func hash(of script: String) -> String {
    let digits = Array(Array(script.utf8).withUnsafeBytes { ContentHash.hex(of: $0) })
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    return "sha256-\(Data(bytes).base64EncodedString())"
  }
}
