import HTTPTypes
import Hummingbird
import NIOCore
import SegmentationImage

/// An image file that a client sent, whose header was checked.
struct Upload: Sendable {
  private let bytes: ByteBuffer
  let size: ImageSize

  /// - Throws: A `Problem` for a body that has no image, or one that is too large.
  init(_ body: ByteBuffer, contentType: String?, pixelLimit: Int) throws {
    let type = contentType?.split(separator: ";").first.map { $0.lowercased() } ?? ""
    let isForm = type == "multipart/form-data"
    bytes = isForm ? try MultipartForm.file(in: body, contentType: contentType ?? "") : body
    guard bytes.readableBytes > 0 else {
      throw Problem(
        .badRequest,
        "there is no image; send a file as the body, or as the part image of a form: \(ImageFormat.list("or"))")
    }
    size = try Self.header(bytes)
    guard size.area <= pixelLimit else {
      throw Problem(
        .contentTooLarge,
        "the image has \(size.area) pixels (\(size)), expected at most \(pixelLimit); send a smaller one or raise "
          + "--pixel-limit", reason: .tooLarge)
    }
  }

  private static func header(_ bytes: ByteBuffer) throws -> ImageSize {
    try bytes.withUnsafeReadableBytes { raw in
      let memory = raw.bindMemory(to: UInt8.self)
      guard ImageFormat(of: memory) != nil else {
        throw Problem(.unsupportedMediaType, "the body is no \(ImageFormat.list("or")) file")
      }
      do { return try EncodedImage(memory, path: "the image").size } catch let error as ImageError {
        // The decoder has a limit of its own, far above any that the server may have.
        guard !error.reason.hasPrefix("the image is too large") else {
          throw Problem(.contentTooLarge, "\(error)", reason: .tooLarge)
        }
        throw Problem(.badRequest, "\(error)")
      }
    }
  }

  /// The pixels, turned upright as the EXIF orientation says.
  /// - Throws: A `Problem` for a damaged file.
  func decoded() throws -> Image {
    try bytes.withUnsafeReadableBytes { raw in
      do { return try Image(EncodedImage(raw.bindMemory(to: UInt8.self), path: "the image")) } catch {
        throw Problem(.badRequest, "\(error)")
      }
    }
  }
}
