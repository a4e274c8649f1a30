import Foundation

/// Prints a report as one line of JSON, keys in snake_case.
public func printReport(_ report: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys]
  print(String(decoding: try encoder.encode(report), as: UTF8.self))
}

extension [Double] {
  /// The value below which a share of these lies: 0.5 is the median. Linear between neighbors, as numpy's `quantile`.
  public func quantile(_ share: Double) -> Double {
    let sorted = sorted()
    let place = share * Double(count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}

/// Seconds that `body` takes.
public func seconds(_ body: () throws -> Void) rethrows -> Double {
  let duration = try ContinuousClock().measure(body)
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
