import CLibcrypto
import Foundation
import SegmentationImage

/// SHA-256 by libcrypto.
enum ContentHash {
  /// The hash of bytes as 64 hexadecimal digits.
  static func hex(of bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  /// The hash of a file's content.
  static func hex(ofFile path: String, using buffer: ScratchBuffer) throws(ImageError) -> String {
    hex(of: UnsafeRawBufferPointer(try FileAccess.read(path, into: buffer)))
  }
}
