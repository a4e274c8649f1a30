extension Libtorch {
  /// The most threads that an option may ask for: more than one operation has use for on any machine, and few enough to
  /// be started.
  public static let threadLimit = 1024

  /// Lets one operation on the CPU use `count` threads.
  /// - Parameter option: The name of the number in messages.
  /// - Throws: `ThreadCountError` unless the number is 1 to `threadLimit`.
  public static func useThreads(_ count: Int, option: String = "threads") throws(ThreadCountError) {
    guard (1...threadLimit).contains(count) else { throw ThreadCountError(option: option, found: count) }
    threads = count
  }
}

/// A number of threads that cannot be used.
public struct ThreadCountError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The name of the option that asked for the threads.
  public let option: String
  /// The number that it asked for.
  public let found: Int

  package init(option: String, found: Int) {
    self.option = option
    self.found = found
  }

  /// The error in one line, with the numbers that are possible.
  public var description: String {
    "\(option): expected 1 to \(Libtorch.threadLimit) threads, found \(found); a machine's number of cores is enough"
  }
}
