import Foundation

/// Keeps one core busy for as long as the process that started this one lives.
public func keepBusy() {
  let parent = getppid()
  var value = 0.5
  while getppid() == parent {
    for _ in 0..<5_000_000 { value = value * 3.7 * (1 - value) }
    // The value is used, so that the compiler keeps the work.
    if value < 0 { print(value) }
  }
}
