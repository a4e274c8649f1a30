import CLibcrypto
import Foundation

/// SHA-256 hashes, computed by libcrypto.
package enum ContentHash {
  /// The hash of bytes as 64 hexadecimal digits.
  package static func hex(of bytes: UnsafeRawBufferPointer) -> String { digest(of: bytes).hex }

  /// The hash of bytes.
  package static func digest(of bytes: UnsafeRawBufferPointer) -> ContentDigest {
    ContentDigest { EVP_Digest(bytes.baseAddress, bytes.count, $0, nil, EVP_sha256(), nil) }
  }

  /// Computes the hash of bytes that arrive in pieces.
  package final class Stream {
    private let context = EVP_MD_CTX_new()

    package init() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }

    deinit { EVP_MD_CTX_free(context) }

    package func add(_ bytes: some ContiguousBytes) {
      bytes.withUnsafeBytes { _ = EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The hash of everything that was added. Nothing can be added afterwards.
    package func finish() -> String { digest().hex }

    /// Does the same as `finish`, without the text.
    package func digest() -> ContentDigest { ContentDigest { EVP_DigestFinal_ex(context, $0, nil) } }
  }
}
