import Foundation
import HTTPTypes
import Hummingbird

/// The form of all JSON answers.
enum JSON {
  /// - Throws: `EncodingError` for numbers that JSON does not have.
  static func encode(_ value: some Encodable) throws -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ByteBuffer(bytes: try encoder.encode(value))
  }

  static func response(_ value: some Encodable) throws -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: try encode(value)))
  }
}
