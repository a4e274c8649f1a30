/// The use of the orientation that cameras and editors note in an image file (EXIF).
public enum ExifOrientation: String, Codable, CaseIterable, Sendable {
  /// Images are turned upright, as viewers show them.
  case apply
  /// Pixels are taken as they are stored: for data sets whose masks were drawn on the stored pixels.
  case ignore
}
