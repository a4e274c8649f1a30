import Foundation
import Torch

extension InferenceProtocol {
  /// A part of an image.
  public struct Region: Sendable, Equatable {
    /// The rows of the region.
    public let rows: Range<Int>
    /// The columns of the region.
    public let columns: Range<Int>
  }

  /// Runs a network over images of one size, and hands out the results from top to bottom, a band of rows at a time: memory
  /// is needed for one row of tiles, however large the images are.
  ///
  /// The operations of libtorch in it trap when they fail, unless it runs in `catchingTorchErrors`.
  /// - Parameters:
  ///   - size: Height and width of the images.
  ///   - input: The normalized pixels of a region, [N, 3, h, w].
  ///   - network: Class scores [N, classes, ...] of normalized pixels.
  ///   - body: Receives rows and their scores, or probabilities if `givesProbabilities`, float32 [N, classes, rows, W].
  public func forEachBand(
    of size: ImageSize, input: (Region) throws -> Tensor, network: (Tensor) throws -> Tensor,
    body: (Range<Int>, Tensor) throws -> Void
  ) rethrows {
    guard let tile else {
      let whole = Region(rows: 0..<size.height, columns: 0..<size.width)
      return try body(whole.rows, combined(input(whole), size: size, network))
    }
    let grid = TileGrid(tile: tile, overlap: overlap, size: size)
    let (height, width) = (grid.tile.height, grid.tile.width)
    var window: Tensor?
    var sum: Tensor?
    var weights: Tensor?
    for (index, row) in grid.rows.enumerated() {
      // These rows were begun by the row of tiles before.
      let moved = index == 0 ? height : row - grid.rows[index - 1]
      sum = sum.map { Self.moved(up: moved, $0, of: height) }
      weights = weights.map { Self.moved(up: moved, $0, of: height) }
      for column in grid.columns {
        let region = Region(rows: row..<row + height, columns: column..<column + width)
        let result = try combined(input(region), size: grid.tile, network)
        // The result is undefined after an operation that failed, which `catchingTorchErrors` reports.
        guard result.rank == 4 else { continue }
        let factors = window ?? blend.window(grid.tile).to(device: result.device)
        let total =
          sum ?? .zeros([result.size(0), result.size(1), height, size.width], device: result.device)
        let counts = weights ?? .zeros([1, 1, height, size.width], device: result.device)
        total.slice(region.columns, dimension: 3).addInPlace(result * factors)
        counts.slice(region.columns, dimension: 3).addInPlace(factors)
        (window, sum, weights) = (factors, total, counts)
      }
      let end = index + 1 < grid.rows.count ? grid.rows[index + 1] : size.height
      guard let sum, let weights, end > row else { continue }
      let done = 0..<(end - row)
      try body(row..<end, sum.slice(done, dimension: 2) / weights.slice(done, dimension: 2))
    }
  }

  /// The results of one region: the scores of one scale, or the mean of the probabilities of all.
  private func combined(_ images: Tensor, size: ImageSize, _ network: (Tensor) throws -> Tensor) rethrows -> Tensor {
    var sum: Tensor?
    for scale in scales {
      let scaledSize = ImageSize(height: Self.scaled(size.height, scale), width: Self.scaled(size.width, scale))
      let scaled = scaledSize == size ? images : images.upsampleBilinear2d(size: scaledSize, alignCorners: false)
      for isMirrored in flip ? [false, true] : [false] {
        var scores = try network(isMirrored ? scaled.flip([3]) : scaled).to(dtype: .float32)
        if scores.spatialSize != size { scores = scores.resized(to: size) }
        if isMirrored { scores = scores.flip([3]) }
        if !givesProbabilities { return scores }
        let probabilities = scores.softmax(dimension: 1)
        if let sum { sum.addInPlace(probabilities) } else { sum = probabilities }
      }
    }
    return sum! / Double(scales.count * (flip ? 2 : 1))
  }

  private static func scaled(_ length: Int, _ scale: Double) -> Int { max(1, Int((Double(length) * scale).rounded())) }

  /// The rows below the first ones moved to the top, and zeros below them.
  private static func moved(up rows: Int, _ x: Tensor, of height: Int) -> Tensor {
    let kept = x.slice(min(rows, height)..<height, dimension: 2)
    return kept.pad(bottom: min(rows, height))
  }
}

extension InferenceProtocol {
  /// The best class of each pixel, int64 [N, h, w], and if wanted its probability, float32 [N, h, w].
  /// - Parameters:
  ///   - images: Normalized images, [N, 3, H, W].
  ///   - size: h and w. Scores of another size are resized to it.
  ///   - network: Class scores [N, classes, ...] of normalized pixels.
  public func label(
    _ images: Tensor, size: ImageSize, wantsConfidence: Bool, network: (Tensor) throws -> Tensor
  ) rethrows -> (classes: Tensor, confidence: Tensor?) {
    var classes: [Tensor] = []
    var confidence: [Tensor] = []
    func add(_ scores: Tensor) {
      let best = scores.maxWithIndices(dimension: 1)
      classes.append(best.indices)
      guard wantsConfidence else { return }
      confidence.append(givesProbabilities ? best.values : scores.softmax(dimension: 1).max([1]))
    }
    func pixels(_ region: Region) -> Tensor {
      images.slice(region.rows, dimension: 2).slice(region.columns, dimension: 3)
    }
    if size == images.spatialSize {
      try forEachBand(of: size, input: pixels, network: network) { _, scores in add(scores) }
    } else {
      var bands: [Tensor] = []
      try forEachBand(of: images.spatialSize, input: pixels, network: network) { _, scores in bands.append(scores) }
      add((bands.count == 1 ? bands[0] : cat(bands, dimension: 2)).resized(to: size))
    }
    func joined(_ bands: [Tensor]) -> Tensor { bands.count == 1 ? bands[0] : cat(bands, dimension: 1) }
    return (joined(classes), confidence.isEmpty ? nil : joined(confidence))
  }
}

extension InferenceProtocol.Blend {
  /// The weights of a tile's pixels, [1, 1, height, width].
  func window(_ tile: ImageSize) -> Tensor {
    switch self {
    case .uniform: return .ones([1, 1, tile.height, tile.width], device: .cpu)
    case .gaussian:
      func curve(_ length: Int) -> [Float] {
        let deviation = Double(length) / 8
        return (0..<length).map { index in
          let x = Double(index) - Double(length - 1) / 2
          return Float(exp(-x * x / (2 * deviation * deviation)))
        }
      }
      let rows = Tensor(curve(tile.height), shape: [1, 1, tile.height, 1])
      let columns = Tensor(curve(tile.width), shape: [1, 1, 1, tile.width])
      return (rows * columns).clamp(min: 1e-3)
    }
  }
}
