import Files
import Foundation

/// Another place for published weights: the environment variable `RTSEG_WEIGHTS_MIRROR`.
///
/// The mirror's address takes the place of the host: with `https://mirror.local/weights`,
/// `https://download.pytorch.org/models/resnet18-f37072fd.pth` becomes
/// `https://mirror.local/weights/models/resnet18-f37072fd.pth`. A mirror may also be a folder: `file:///data/weights`.
struct WeightsMirror: Sendable {
  static let variable = "RTSEG_WEIGHTS_MIRROR"

  private let base: String

  /// - Parameter address: The variable's value; empty for no mirror.
  /// - Throws: `WeightsError` for what is no address.
  init?(_ address: String) throws {
    if address.isEmpty { return nil }
    let url = URL(string: address, encodingInvalidCharacters: false)
    let scheme = url?.scheme?.lowercased() ?? ""
    let hasHost = url?.host().map { !$0.isEmpty } ?? false
    guard let url, scheme == "file" || ["http", "https"].contains(scheme) && hasHost,
      url.query() == nil, url.fragment() == nil
    else {
      throw WeightsError(
        "\(Self.variable): expected an http, https or file address without a query, found "
          + address.printable(limit: 200))
    }
    base = address.hasSuffix("/") ? String(address.dropLast()) : address
  }

  /// The place in the mirror of the file of an address.
  func url(of original: URL) -> URL { URL(string: base + original.path(percentEncoded: true))! }
}
