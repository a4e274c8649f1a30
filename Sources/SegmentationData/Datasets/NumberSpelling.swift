import Yams

/// Spellings of numbers that different readers of YAML take for different numbers.
///
/// For example, some readers take `010` for 8 and others for 10, and some take `1:30` for 90; `1_000` and `0o10` are
/// numbers for some and texts for others.
package enum NumberSpelling {
  /// The words that messages add to the kind of number that is expected.
  package static let rule = "in plain digits, without leading zeros, 0o, 0b, _ or :"

  /// Whether a value is a number in such a spelling, or a number so large that it reads as infinity.
  package static func isAmbiguous(_ scalar: Node.Scalar) -> Bool {
    guard scalar.style == .plain || scalar.style == .any else { return false }
    return isAmbiguous(scalar.string)
  }

  package static func isAmbiguous(_ text: String) -> Bool {
    let digits = Array((text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]).utf8)
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let first = digits.first, isDigit(first) || first == UInt8(ascii: ".") else { return false }
    if digits.contains(UInt8(ascii: "_")) || digits.contains(UInt8(ascii: ":")) { return true }
    if first == UInt8(ascii: "0"), digits.count > 1 {
      if isDigit(digits[1]) { return true }
      if [UInt8(ascii: "o"), UInt8(ascii: "O"), UInt8(ascii: "b"), UInt8(ascii: "B")].contains(digits[1]) {
        return true
      }
    }
    return Double(text)?.isInfinite == true
  }
}
