extension Image {
  /// Mixes another image of the same size in. `alpha`, from 0 to 1, is the share of the other one.
  public func blended(with other: Image, alpha: Double) -> Image {
    precondition(size == other.size, "images of \(size) and \(other.size) cannot be blended")
    // 16 bits of fraction: alpha is met to 1/65536, so that no value is off by more than rounding.
    let share = Int32((min(max(alpha, 0), 1) * 65536).rounded())
    let mixed = [UInt8](unsafeUninitializedCapacity: pixels.count) { buffer, count in
      for i in pixels.indices {
        let sum = Int32(pixels[i]) * (65536 - share) + Int32(other.pixels[i]) * share
        buffer[i] = UInt8(truncatingIfNeeded: (sum + 32768) >> 16)
      }
      count = pixels.count
    }
    return Image(height: height, width: width, pixels: mixed)
  }

  /// Lays a mask's colors over the image: `alpha` is the colors' share.
  public func overlaid(with mask: Mask, palette: Palette, alpha: Double = 0.3) -> Image {
    blended(with: mask.colored(by: palette), alpha: alpha)
  }
}
