import Basics

/// A key of options that are decoded one by one.
struct OptionCodingKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<OptionCodingKey> {
  /// Replaces a default by the value of a key; the default stays if the key is absent.
  /// - Throws: `InvalidOption` for a value of another type.
  func read<Value: Decodable>(_ name: String, into value: inout Value) throws(InvalidOption) {
    let key = OptionCodingKey(stringValue: name)
    guard contains(key) else { return }
    do { value = try decode(Value.self, forKey: key) } catch {
      let found = (try? decode(String.self, forKey: key)).map { "'\($0)'" } ?? "a list or options"
      throw InvalidOption(name, "expected \(OptionNode.expectation(of: Value.self) ?? "another value"), found \(found)")
    }
  }

  /// The text of a key; `nil` if the key is absent.
  func text(_ name: String) throws(InvalidOption) -> String? {
    var text = ""
    try read(name, into: &text)
    return contains(OptionCodingKey(stringValue: name)) ? text : nil
  }
}
