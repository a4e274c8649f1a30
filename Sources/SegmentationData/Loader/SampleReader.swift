import SegmentationImage

/// Reads samples and writes them, transformed, into the memory of a batch. Each thread has its own reader, which reuses
/// its buffers.
final class SampleReader {
  /// The memory for a sample.
  struct Destination {
    var image: UnsafeMutablePointer<Float>
    var labels: UnsafeMutablePointer<Int64>
    var channelsLast: Bool
  }

  private let samples: Samples
  private let transform: SampleTransform
  private let files: StoredImageReader
  private let seed: UInt64
  private let badFiles: BadFiles
  /// The bytes of a pixel: 3 for 8-bit RGB, else a float for each channel.
  private let pixelBytes: Int
  private let decoded = ScratchBuffer()
  private let rendered = ScratchBuffer()
  /// The pixels of one part of an image that consists of several samples.
  private let partPixels = ScratchBuffer()
  /// The labels of one part of such an image.
  private let partLabels = ScratchBuffer()
  private let blurred = ScratchBuffer()

  init(
    samples: Samples, transform: SampleTransform, labels: LabelSet, orientation: ExifOrientation, seed: UInt64,
    badFiles: BadFiles, cache: SampleCache? = nil
  ) {
    self.samples = samples
    self.transform = transform
    self.seed = seed
    self.badFiles = badFiles
    let normalization = transform.normalization
    pixelBytes = normalization.isRGB ? 3 : normalization.channels * MemoryLayout<Float>.stride
    files = StoredImageReader(
      labels: labels, orientation: orientation, cache: cache, channels: normalization.channels,
      type: normalization.type)
  }

  /// Reads a sample.
  /// - Throws: An error if a file is damaged, the sizes differ or a value in the mask stands for no class.
  func read(_ index: Int, epoch: Int, into destination: Destination) throws {
    let tiles = transform.mosaic(count: samples.count, seed: seed, epoch: epoch, index: index)
    let size: ImageSize
    var colors: [ColorJitter.Adjustment]
    if tiles.isEmpty {
      let plan = try render(index, epoch: epoch, drawnFor: index, pixels: rendered, labels: destination.labels)
      (size, colors) = (plan.image.window, plan.colors)
    } else {
      size = transform.options.cropSize
      colors = transform.colors(seed: seed, epoch: epoch, index: index)
      try render(tiles, epoch: epoch, index: index, labels: destination.labels)
    }
    if let partner = transform.pastedSample(seed: seed, epoch: epoch, index: index) {
      try paste(from: partner, epoch: epoch, index: index, labels: destination.labels)
    }
    let pixels = rendered.reserve(size.area * pixelBytes)
    guard transform.normalization.isRGB else { return finish(pixels, size, epoch: epoch, index, destination) }
    let table = ColorJitter.apply(colors, to: pixels, count: size.area)
    let effects = transform.effects(seed: seed, epoch: epoch, index: index)
    if !effects.isEmpty {
      if !colors.isEmpty { for i in 0..<size.area * 3 { pixels[i] = table[Int(pixels[i])] } }
      colors = []
      apply(effects, to: pixels, labels: destination.labels, size: size)
    }
    let normalization = colors.isEmpty ? transform.normalization : transform.normalization.after(table)
    if destination.channelsLast {
      normalization.writeInterleaved(pixels, count: size.area, to: destination.image)
    } else {
      normalization.writePlanar(pixels, count: size.area, to: destination.image)
    }
  }

  /// Covers rectangles of an image that is no 8-bit RGB, and normalizes it.
  private func finish(
    _ pixels: UnsafeMutablePointer<UInt8>, _ size: ImageSize, epoch: Int, _ index: Int, _ destination: Destination
  ) {
    let channels = transform.normalization.channels
    let ignores = transform.options.cutout?.labels == .ignored
    Self.withFloats(pixels, count: size.area * channels) { values in
      for hole in transform.effects(seed: seed, epoch: epoch, index: index).holes {
        // Pixels without a value become the mean.
        hole.fill(values, width: size.width, channels: channels, with: .nan)
        if ignores { hole.fill(destination.labels, width: size.width, channels: 1, with: Int64(LabelSet.ignored)) }
      }
      transform.normalization.write(
        values, count: size.area, interleaved: destination.channelsLast, to: destination.image)
    }
  }

  /// Lends memory of pixels as floats.
  private static func withFloats(
    _ bytes: UnsafeMutablePointer<UInt8>, count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    UnsafeMutableRawPointer(bytes).withMemoryRebound(to: Float.self, capacity: max(1, count), body)
  }

  /// Samples an image's pixels, which begin with the row `firstRow`.
  private func render(
    _ pixels: UnsafePointer<UInt8>, firstRow: Int, _ placement: Placement, into output: UnsafeMutablePointer<UInt8>
  ) {
    let channels = transform.normalization.channels
    guard !transform.normalization.isRGB else {
      placement.renderImage(pixels, firstRow: firstRow, into: output)
      return
    }
    Self.withFloats(output, count: placement.window.area * channels) { output in
      let values = UnsafeRawPointer(pixels).assumingMemoryBound(to: Float.self)
      placement.renderRaster(values, channels: channels, firstRow: firstRow, into: output)
    }
  }

  private func apply(
    _ effects: SampleTransform.Effects, to pixels: UnsafeMutablePointer<UInt8>,
    labels: UnsafeMutablePointer<Int64>, size: ImageSize
  ) {
    PhotometricDistortion.apply(effects.photometric, to: pixels, count: size.area)
    if let sigma = effects.blur { GaussianBlur.apply(to: pixels, size: size, sigma: sigma, using: blurred) }
    let ignores = transform.options.cutout?.labels == .ignored
    for hole in effects.holes {
      hole.fill(pixels, width: size.width, channels: 3, with: 114)
      if ignores { hole.fill(labels, width: size.width, channels: 1, with: Int64(LabelSet.ignored)) }
    }
  }

  /// Fills the quarters of a mosaic. If bad samples are left out, the next good one takes the place of a bad one.
  private func render(
    _ tiles: [Mosaic.Tile], epoch: Int, index: Int, labels: UnsafeMutablePointer<Int64>
  ) throws {
    let width = transform.options.cropSize.width
    let canvas = rendered.reserve(transform.options.cropSize.area * pixelBytes)
    for (part, tile) in tiles.enumerated() {
      let size = tile.rectangle.size
      let tileLabels = partLabels.reserve(size.area, of: Int64.self)
      func render(_ sample: Int) throws {
        _ = try self.render(
          sample, epoch: epoch, drawnFor: index, part: part, window: size, pixels: partPixels, labels: tileLabels)
      }
      if part == 0 { try render(index) } else { try withPartner(tile.sample, render) }
      tile.rectangle.copy(
        from: partPixels.reserve(size.area * pixelBytes), to: canvas, width: width, channels: pixelBytes)
      tile.rectangle.copy(from: tileLabels, to: labels, width: width, channels: 1)
    }
  }

  /// Copies the pixels of the pasted classes from another sample.
  private func paste(from partner: Int, epoch: Int, index: Int, labels: UnsafeMutablePointer<Int64>) throws {
    guard let source = transform.pasted else { return }
    let count = transform.options.cropSize.area
    let otherLabels = partLabels.reserve(count, of: Int64.self)
    try withPartner(partner) { sample in
      _ = try render(
        sample, epoch: epoch, drawnFor: index, part: Self.pastedPart, pixels: partPixels, labels: otherLabels,
        tries: 10, accepts: source.shows)
    }
    let (pixels, others) = (rendered.reserve(count * pixelBytes), partPixels.reserve(count * pixelBytes))
    for i in 0..<count where source.isPasted[Int(otherLabels[i])] {
      labels[i] = otherLabels[i]
      for byte in pixelBytes * i..<pixelBytes * (i + 1) { pixels[byte] = others[byte] }
    }
  }

  /// The number of the part that is pasted. The parts of a mosaic have the numbers 0 to 3.
  private static let pastedPart = 4

  private func withPartner(_ index: Int, _ body: (Int) throws -> Void) throws {
    guard try badFiles.firstGood(of: samples, from: index, body) != nil else {
      throw DataError("none of the \(samples.count) images can be read")
    }
  }

  /// Reads the pixels and labels of a sample, placed as the random numbers of the sample `drawnFor` say.
  /// - Parameter accepts: Whether to take a crop with certain labels. The last of all tries is taken in any case.
  private func render(
    _ index: Int, epoch: Int, drawnFor main: Int, part: Int = 0, window: ImageSize? = nil, pixels: ScratchBuffer,
    labels: UnsafeMutablePointer<Int64>, tries: Int? = nil,
    accepts: ((UnsafePointer<Int64>, Int) -> Bool)? = nil
  ) throws -> SampleTransform.Plan {
    let sample = samples[index]
    let image = try files.image(of: sample)
    let choice = transform.outputSize == nil ? nil : transform.options.crop
    var plan = transform.plan(
      for: image.size, window: window, seed: seed, epoch: epoch, index: main, part: part,
      tries: tries ?? choice?.tries ?? 1)
    let accepts = accepts ?? choice.map { choice in { choice.accepts($0, count: $1) } }
    if let accepts {
      let mask = try files.mask(of: sample, fitting: image)
      let values = try files.labels.values(of: mask, rows: 0..<mask.size.height)
      for crop in [plan.labels] + plan.furtherCrops {
        (plan.image, plan.labels) = (crop, crop)
        try files.labels.write(values, firstRow: 0, crop, of: mask, into: labels)
        if accepts(labels, crop.window.area) { break }
      }
    }
    let rows = plan.image.sourceRows
    let output = pixels.reserve(plan.image.window.area * pixelBytes)
    switch image.content {
    case .cached(let entry):
      withExtendedLifetime(entry) {
        render(entry.rows(from: rows.lowerBound), firstRow: rows.lowerBound, plan.image, into: output)
      }
    case .made(let pixels):
      pixels.withUnsafeBufferPointer {
        render(
          $0.baseAddress! + rows.lowerBound * image.size.width * 3, firstRow: rows.lowerBound, plan.image, into: output)
      }
    case .encoded(let file):
      let stored = decoded.reserve(max(1, rows.count * image.size.width * pixelBytes))
      try file.decode(
        transform.normalization.isRGB ? .rgb : .floats, rows: rows, white: sample.white, into: stored)
      render(stored, firstRow: rows.lowerBound, plan.image, into: output)
    }
    if accepts == nil {
      try files.labels.read(files.mask(of: sample, fitting: image), plan.labels, into: labels)
    }
    return plan
  }

  /// The reason why a mask whose size differs from its image's cannot be used.
  static func sizeMismatch(mask: ImageSize, image: String, _ size: ImageSize, isTurned: Bool) -> String {
    let reason = "the mask is \(mask), its image \(image) is \(size)"
    guard isTurned else { return reason }
    return reason + " after it was turned by its EXIF orientation; if the masks were drawn on the stored pixels, set "
      + "data.exif_orientation to ignore"
  }
}
