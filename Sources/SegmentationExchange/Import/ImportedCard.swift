import Files
import Foundation
import ONNX
import SegmentationImage

/// Facts that an ONNX file tells of its network besides what is computed: entries of its metadata, or a JSON file beside it with
/// the same name and the ending `.json`.
///
/// The entries are `classes` (a list of names, or of names and colors), `colors` (red, green and blue of each class), `mean`
/// and `std` (of red, green and blue, on the scale 0 to 1 or 0 to 255), `normalized` (whether the network normalizes pixels
/// from 0 to 255 itself) and `network`. `rtseg export` writes them.
public struct ImportedCard: Sendable {
  /// The classes' names and colors in the order of their numbers; `nil` if nothing tells them.
  public let classes: [ClassInfo]?
  /// The normalization of images; `nil` if nothing tells it.
  public let normalization: Normalization?
  /// The network's name; `nil` if nothing tells it.
  public let network: String?

  /// The longest text of an entry in bytes.
  private static let longestText = 1 << 20

  init(_ entries: [ONNXEntry], beside file: URL?) throws {
    var values = try file.flatMap { try Self.card(beside: $0) } ?? [:]
    for entry in entries where entry.value.utf8.count <= Self.longestText {
      values[entry.key] = JSONValue(entry.value)
    }
    classes = try Self.classes(values)
    normalization = try Self.normalization(values)
    network = (values["network"] ?? values["model"])?.text.flatMap { $0.utf8.count <= 200 ? $0 : nil }
  }

  private static func card(beside file: URL) throws -> [String: JSONValue]? {
    let path = file.deletingPathExtension().appendingPathExtension("json").path
    guard FileSystem.kind(of: path) == .file else { return nil }
    // A JSON file of another kind may have the name, too.
    return JSONValue(String(decoding: try InputFile.contents(of: path, limit: longestText), as: UTF8.self)).table
  }

  // MARK: - Classes

  private static func classes(_ values: [String: JSONValue]) throws -> [ClassInfo]? {
    // A network without names of classes may have an empty list of them.
    guard let names = (values["classes"] ?? values["names"]).flatMap(names), !names.isEmpty else { return nil }
    guard names.count <= 256, names.allSatisfy({ $0.utf8.count <= 1000 }) else {
      throw ExchangeError("its metadata has \(names.count) classes, expected at most 256 names of at most 1000 bytes")
    }
    let colors = (values["colors"] ?? values["classes"]).flatMap { $0.list(color) } ?? []
    let chosen = colors.count == names.count ? colors : Palette.distinct.colors
    return zip(names, chosen).map { ClassInfo($0.printable(limit: 200), $1) }
  }

  /// Names as a list, as a dictionary of numbers, or as the text that Python prints for one.
  private static func names(_ value: JSONValue) -> [String]? {
    switch value {
    case .list: return value.list { $0.text ?? $0.table?["name"]?.text }
    case .table(let table):
      let numbered = table.compactMap { key, value in Int(key).flatMap { number in value.text.map { (number, $0) } } }
      return ordered(numbered, count: table.count)
    case .text(let text) where text.hasPrefix("{"):
      let found = text.matches(of: /([0-9]+)\s*:\s*(?:'([^']*)'|"([^"]*)")/).map { match in
        (Int(match.1) ?? -1, String(match.2 ?? match.3 ?? ""))
      }
      return ordered(found, count: found.count)
    case .text(let text):
      let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      return parts.isEmpty ? nil : parts
    case .number, .flag, .null: return nil
    }
  }

  private static func ordered(_ numbered: [(Int, String)], count: Int) -> [String]? {
    let sorted = numbered.sorted { $0.0 < $1.0 }
    guard sorted.count == count, !sorted.isEmpty, sorted.map(\.0) == Array(0..<count) else { return nil }
    return sorted.map(\.1)
  }

  private static func color(_ value: JSONValue) -> RGB? {
    guard let bytes = (value.table?["color"] ?? value).list({ $0.number.flatMap { UInt8(exactly: $0) } }),
      bytes.count == 3
    else { return nil }
    return RGB(bytes[0], bytes[1], bytes[2])
  }

  // MARK: - Normalization

  private static func normalization(_ values: [String: JSONValue]) throws -> Normalization? {
    // The file normalizes pixels from 0 to 255 itself.
    if case .flag(true)? = values["normalized"] { return .pixels }
    guard let mean = values["mean"].flatMap(numbers), let std = values["std"].flatMap(numbers) else { return nil }
    let isOf255 = (mean + std).contains { $0 > 2 }
    let factor = isOf255 ? 255.0 : 1
    let (scaledMean, scaledStd) = (mean.map { $0 / factor }, std.map { $0 / factor })
    guard scaledMean.allSatisfy({ abs($0) <= 1e6 }), scaledStd.allSatisfy({ (1e-6...1e6).contains($0) }) else {
      throw ExchangeError("its metadata has the mean \(mean) and the std \(std), expected three numbers each")
    }
    return Normalization(mean: scaledMean, std: scaledStd)
  }

  /// Three numbers, as a list or as a text with commas.
  private static func numbers(_ value: JSONValue) -> [Double]? {
    let texts = value.text?.split(separator: ",").map { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard let numbers = value.list(\.number) ?? texts?.compactMap({ $0 }), numbers.count == 3 else { return nil }
    return numbers
  }
}
