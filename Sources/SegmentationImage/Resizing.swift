extension Image {
  /// The image at another size, sampled bilinearly with the geometry and rounding of OpenCV's `INTER_LINEAR`.
  public func resized(to size: ImageSize) -> Image {
    let placement = Placement(source: self.size, scaled: size)
    let scaled = [UInt8](unsafeUninitializedCapacity: size.area * 3) { buffer, count in
      placement.renderImage(pixels, into: buffer.baseAddress!)
      count = size.area * 3
    }
    return Image(height: size.height, width: size.width, pixels: scaled)
  }
}

extension Mask {
  /// The mask at another size, sampled by nearest neighbors with the geometry of OpenCV's `INTER_NEAREST`.
  public func resized(to size: ImageSize) -> Mask {
    let placement = Placement(source: self.size, scaled: size)
    let scaled = [UInt8](unsafeUninitializedCapacity: size.area) { buffer, count in
      placement.renderMask(values, into: buffer.baseAddress!, fill: 0)
      count = size.area
    }
    return Mask(height: size.height, width: size.width, values: scaled)
  }
}
