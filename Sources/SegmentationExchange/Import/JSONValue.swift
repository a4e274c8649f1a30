import Foundation

/// A value of a JSON text of any form.
enum JSONValue: Decodable {
  case number(Double)
  case text(String)
  case list([JSONValue])
  case table([String: JSONValue])
  case flag(Bool)
  case null

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let list = try? value.decode([JSONValue].self) {
      self = .list(list)
    } else if let table = try? value.decode([String: JSONValue].self) {
      self = .table(table)
    } else if let text = try? value.decode(String.self) {
      self = .text(text)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let flag = try? value.decode(Bool.self) {
      self = .flag(flag)
    } else {
      self = .null
    }
  }

  /// The value of a text that may be JSON: otherwise the text itself.
  init(_ text: String) {
    self = (try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) ?? .text(text)
  }

  var text: String? { if case .text(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  var list: [JSONValue]? { if case .list(let list) = self { list } else { nil } }
  var table: [String: JSONValue]? { if case .table(let table) = self { table } else { nil } }

  /// The values of a list by a function that gives one for each; `nil` if it does not.
  func list<Element>(_ body: (JSONValue) -> Element?) -> [Element]? {
    guard let list else { return nil }
    let found = list.compactMap(body)
    return found.count == list.count ? found : nil
  }
}
