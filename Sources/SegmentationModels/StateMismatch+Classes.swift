import Torch

extension StateMismatch {
  /// The number of classes that all misshapen weights speak of, if that alone is the difference.
  /// - Parameter count: The number of classes that the network was made for.
  package func classes(insteadOf count: Int) -> Int? {
    guard missing.isEmpty, unexpected.isEmpty, count > 0 else { return nil }
    let numbers = Set(misshapen.map { Self.classes(found: $0.found, expected: $0.expected, count) })
    return numbers.count == 1 ? numbers.first! : nil
  }

  /// Some layers have several channels for each class.
  private static func classes(found: [Int], expected: [Int], _ count: Int) -> Int? {
    guard found.count == expected.count else { return nil }
    let different = zip(found, expected).filter { $0 != $1 }
    guard different.count == 1, let (found, expected) = different.first, expected % count == 0 else { return nil }
    let channels = expected / count
    return channels > 0 && found % channels == 0 && found > 0 ? found / channels : nil
  }
}
