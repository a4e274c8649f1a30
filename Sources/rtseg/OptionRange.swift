import ArgumentParser
import Foundation
import SegmentationImage

/// Refuses a number that an option does not take.
/// - Throws: `ValidationError`, which tells what the option takes.
func checkOption(_ name: String, _ value: Int?, in range: ClosedRange<Int>) throws {
  guard let value, !range.contains(value) else { return }
  throw ValidationError("--\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
}

/// Refuses a number that an option does not take, and what is not a number.
/// - Throws: `ValidationError`, which tells what the option takes.
func checkOption(_ name: String, _ value: Double?, in range: ClosedRange<Double>) throws {
  guard let value, !range.contains(value) else { return }
  let (lower, upper) = (String(format: "%g", range.lowerBound), String(format: "%g", range.upperBound))
  throw ValidationError("--\(name): expected \(lower) to \(upper), found \(value)")
}

/// Refuses a size with a side that an option does not take.
/// - Throws: `ValidationError`, which tells what the option takes.
func checkOption(_ name: String, _ value: ImageSize?, in range: ClosedRange<Int>) throws {
  guard let value, !range.contains(value.height) || !range.contains(value.width) else { return }
  throw ValidationError(
    "--\(name): expected a height and a width of \(range.lowerBound) to \(range.upperBound), found \(value)")
}

/// Refuses an option that would have no effect.
/// - Throws: `ValidationError` with the reason, which tells what to give instead, if the option is there.
func refuseOption(_ isGiven: Bool, _ reason: String) throws {
  if isGiven { throw ValidationError(reason) }
}
