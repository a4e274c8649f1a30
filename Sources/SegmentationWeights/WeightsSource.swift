import Files
import Foundation
import SegmentationModels

/// The place of weights that a text stands for: a file, an address or a name.
public enum WeightsSource: Sendable, Equatable {
  /// A file of this machine, which need not be there.
  case file(String)
  /// An `http` or `https` address.
  case address(URL)
  /// A checkpoint of a network, such as `fastscnn@cityscapes`.
  case checkpoint(PublishedCheckpoint)
  /// Weights of a backbone or encoder, such as `imagenet`.
  case pretrained(PublishedWeights)

  /// The source of a network's weights. A file that is there goes before a name that is spelled like it.
  /// - Throws: `WeightsError` for addresses of other kinds, `UnknownWeights` for names that do not exist.
  public init(_ text: String) throws {
    if let source = try Self.place(text) {
      self = source
    } else if text.contains("@"), !text.contains("/"), !text.contains(".") {
      self = .checkpoint(try PublishedCheckpoint(name: text))
    } else if !text.contains("/"), let checkpoint = (try? Architecture(name: text))?.publishedCheckpoint {
      throw WeightsError("there is no file '\(text)'; the published checkpoint of this network is \(checkpoint.name)")
    } else {
      self = .file(text)
    }
  }

  /// The source of the weights of a backbone or encoder. A file that is there goes before a name that is spelled like it.
  /// - Throws: `WeightsError` for addresses of other kinds, `UnknownWeights` for names that do not exist.
  public init(_ text: String, for part: PretrainedPart) throws {
    if let source = try Self.place(text) {
      self = source
    } else if !text.contains("/"), !text.contains(".") {
      self = .pretrained(try part.weights(named: text))
    } else {
      self = .file(text)
    }
  }

  /// A file that is there, or an address; `nil` for anything else.
  private static func place(_ text: String) throws -> WeightsSource? {
    if let kind = FileSystem.kind(of: text), kind != .folder { return .file(text) }
    guard text.contains("://") else { return nil }
    let url = URL(string: text)
    switch url?.scheme?.lowercased() {
    case "file": return .file(url!.path)
    case "http", "https": return .address(url!)
    default: throw WeightsError("\(text): expected a path, a name, or an http, https or file address")
    }
  }

  /// Whether a text that says where a network's weights are is a path.
  package static func isPath(_ text: String) -> Bool { (try? WeightsSource(text)) == .file(text) }
}
