/// Tells whether a transfer is slower than its limits allow.
///
/// Only time that was watched counts: if the computer slept, or the process was stopped, that is no fault of the server.
package struct TransferWatch {
  /// The longest time between two looks that counts, in seconds.
  package static let longestGap = 1.0

  private let limits: DownloadLimits
  private var lastLook: ContinuousClock.Instant
  /// Seconds that were watched since the window began, and the bytes that had arrived before it.
  private var window = (seconds: 0.0, received: 0)

  package init(limits: DownloadLimits, at instant: ContinuousClock.Instant) {
    self.limits = limits
    lastLook = instant
  }

  /// Looks at a transfer.
  ///
  /// - Parameter received: The number of bytes that have arrived until now.
  /// - Returns: What is wrong with its speed, or nil.
  package mutating func problem(received: Int, at instant: ContinuousClock.Instant) -> String? {
    window.seconds += min((instant - lastLook) / .seconds(1), Self.longestGap)
    lastLook = instant
    guard window.seconds >= limits.window else { return nil }
    let (seconds, speed) = (window.seconds, Double(received - window.received) / window.seconds)
    window = (0, received)
    guard speed < limits.speed else { return nil }
    return "only \(Int(speed)) bytes per second arrived over the last \(Int(seconds.rounded(.up))) s"
  }
}
