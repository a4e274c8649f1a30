import Foundation

/// Writes numbers for people.
package enum Quantity {
  /// A share in percent, such as `71.35%`.
  package static func percent(_ share: Double) -> String { String(format: "%.2f%%", share * 100) }

  /// A time in its two largest units, such as `12 s`, `3 min 20 s`, `2 h 5 min` or `4 d 3 h`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e11 else { return "-" }
    let total = max(0, Int(seconds.rounded()))
    let (days, hours, minutes) = (total / 86400, total / 3600 % 24, total / 60 % 60)
    if days > 0 { return hours > 0 ? "\(days) d \(hours) h" : "\(days) d" }
    if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
    if minutes > 0 { return total % 60 > 0 ? "\(minutes) min \(total % 60) s" : "\(minutes) min" }
    return "\(total) s"
  }

  /// A size in powers of a thousand, such as `12.3 MB`.
  package static func bytes(_ count: Int) -> String {
    var (value, units) = (Double(count), ["B", "kB", "MB", "GB", "TB"][...])
    while value >= 999.95, units.count > 1 {
      value /= 1000
      units = units.dropFirst()
    }
    return "\(String(format: units.first == "B" ? "%.0f" : "%.1f", value)) \(units.first!)"
  }

  /// A number with thousands separated, such as `1 140 000`.
  package static func count(_ count: Int) -> String {
    var groups: [String] = []
    var rest = count
    while rest >= 1000 {
      groups.insert(String(format: "%03d", rest % 1000), at: 0)
      rest /= 1000
    }
    return (["\(rest)"] + groups).joined(separator: "\u{202F}")
  }

  /// A measurement with four significant digits.
  package static func number(_ value: Double) -> String { String(format: "%.4g", value) }
}
