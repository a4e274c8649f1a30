extension Double {
  /// The nearest multiple of 8 that is not below 90 % of the number, and at least 8.
  var roundedChannels: Int {
    let rounded = Swift.max(8, Int(self + 4) / 8 * 8)
    return Double(rounded) < 0.9 * self ? rounded + 8 : rounded
  }
}

extension Int {
  /// The nearest multiple of 8 that is not below 90 % of the number, and at least 8.
  var roundedChannels: Int { Double(self).roundedChannels }
}
