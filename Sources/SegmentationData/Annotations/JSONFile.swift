import Files
import Foundation

/// Reads JSON that other tools wrote.
enum JSONFile {
  /// The size of the largest file in bytes.
  static let sizeLimit = 4 << 30

  /// Decodes a file.
  /// - Throws: `DataError` that names the file, the place in it and what was expected there.
  static func decode<Value: Decodable>(_ type: Value.Type = Value.self, _ path: String) throws -> Value {
    let bytes: [UInt8]
    do { bytes = try InputFile.contents(of: path, limit: sizeLimit) } catch {
      throw DataError("\(path): cannot be read: \(error.reason)")
    }
    do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch let error as DecodingError {
      throw DataError("\(path): \(reason(error))")
    } catch let error as DataError {
      throw DataError("\(path): \(error.description)")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let names = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
      return names.isEmpty ? "the file" : "'\(names.drop { $0 == "." })'"
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context)) lacks '\(key.stringValue)'"
    case .typeMismatch(let type, let context): return "\(place(context)): expected \(word(type))"
    case .valueNotFound(let type, let context): return "\(place(context)): expected \(word(type)), found null"
    case .dataCorrupted(let context):
      let detail = (context.underlyingError as? NSError)?.userInfo["NSDebugDescription"] as? String
      return context.codingPath.isEmpty
        ? "it is not valid JSON\(detail.map { ": \($0)" } ?? "")" : "\(place(context)): \(context.debugDescription)"
    @unknown default: return "it is not what was expected"
    }
  }

  private static func word(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Int.Type: "a whole number"
    case is Double.Type: "a number"
    case is Bool.Type: "true or false"
    case is [String: Any].Type: "keys with values"
    default: "\(type)".hasPrefix("Array") ? "a list" : "keys with values"
    }
  }
}

/// A point as a list of two numbers, x and y, within a million pixels of the image.
struct CodedPoint: Decodable {
  static let range = -1e6...1e6

  let point: Point

  init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    let (x, y) = (try values.decode(Double.self), try values.decode(Double.self))
    guard Self.range.contains(x), Self.range.contains(y) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "a point lies a million pixels away")
    }
    point = Point(x: x, y: y)
  }
}
