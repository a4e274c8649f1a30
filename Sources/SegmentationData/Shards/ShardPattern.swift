import Files

/// The names of shards as WebDataset writes them, such as `train-{000000..000012}.tar` or `{day,night}.tar`.
enum ShardPattern {
  private static let limit = 100_000
  private static let lengthLimit = 4096

  /// All names that a pattern stands for, in order.
  /// - Throws: `DataError` for braces that do not close, and for too many names.
  static func names(_ pattern: String) throws(DataError) -> [String] {
    guard pattern.utf8.count <= lengthLimit else {
      throw DataError("a name of \(pattern.utf8.count) bytes, expected at most \(lengthLimit)")
    }
    guard let open = pattern.firstIndex(of: "{") else {
      guard !pattern.contains("}") else { throw DataError("'\(pattern)' has a } without a {") }
      return [pattern]
    }
    guard let close = pattern[open...].firstIndex(of: "}"), !pattern[pattern.index(after: open)..<close].contains("{")
    else { throw DataError("'\(pattern)': expected braces such as {000000..000012} or {a,b}, not in each other") }
    let choices = try choices(pattern[pattern.index(after: open)..<close], pattern)
    let rests = try names(String(pattern[pattern.index(after: close)...]))
    guard choices.count * rests.count <= limit else {
      throw DataError("'\(pattern)' stands for more than \(limit) shards")
    }
    return choices.flatMap { choice in rests.map { "\(pattern[..<open])\(choice)\($0)" } }
  }

  private static func choices(_ text: Substring, _ pattern: String) throws(DataError) -> [String] {
    guard let range = text.firstRange(of: "..") else {
      let choices = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard choices.count > 1 else { throw DataError("'\(pattern)': expected {first..last} or {a,b}") }
      return choices
    }
    let (first, last) = (text[..<range.lowerBound], text[range.upperBound...])
    guard let start = number(first), let end = number(last), start <= end, end - start < limit else {
      throw DataError(
        "'\(pattern)': expected {first..last} with numbers in this order, at most \(limit) of them, such as "
          + "{000000..000012}")
    }
    // Leading zeros say how many digits all numbers have.
    let hasZeros = [first, last].contains { $0.count > 1 && $0.hasPrefix("0") }
    let width = hasZeros ? max(first.count, last.count) : 0
    return (start...end).map { String(repeating: "0", count: max(0, width - "\($0)".count)) + "\($0)" }
  }

  private static func number(_ text: Substring) -> Int? {
    (1...18).contains(text.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }
}
