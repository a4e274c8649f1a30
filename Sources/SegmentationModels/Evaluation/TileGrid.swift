import Torch

/// The places of tiles of one size on an image.
///
/// Neighbours are a stride apart; the last tile of a row or column is moved back so that it ends at the image's edge, as in
/// mmsegmentation's and MONAI's sliding windows.
struct TileGrid {
  let tile: ImageSize
  /// The first row of each row of tiles, and the first column of each column.
  let rows: [Int]
  let columns: [Int]

  /// - Parameters:
  ///   - overlap: The share of a tile's side that neighbours have in common, from 0 to below 1.
  ///   - size: The image's size. A tile that is larger becomes as small as the image.
  init(tile: ImageSize, overlap: Double, size: ImageSize) {
    self.tile = ImageSize(height: min(tile.height, size.height), width: min(tile.width, size.width))
    rows = Self.starts(length: size.height, tile: self.tile.height, overlap: overlap)
    columns = Self.starts(length: size.width, tile: self.tile.width, overlap: overlap)
  }

  private static func starts(length: Int, tile: Int, overlap: Double) -> [Int] {
    let stride = max(1, Int(Double(tile) * (1 - overlap)))
    let count = (length - tile + stride - 1) / stride + 1
    return (0..<count).map { min($0 * stride, length - tile) }
  }
}
