import Synchronization

/// The files of a loader that cannot be used. All threads of the loader share the list.
final class BadFiles: Sendable {
  /// Whether bad files are left out instead of stopping the run.
  let areLeftOut: Bool
  /// The reason for each image that cannot be used, or whose mask cannot.
  private let reasons = Mutex<[String: String]>([:])

  init(areLeftOut: Bool) { self.areLeftOut = areLeftOut }

  var list: [LeftOutFile] {
    reasons.withLock { $0.map { LeftOutFile(file: $0.key, reason: $0.value) } }.sorted { $0.file < $1.file }
  }

  func note(_ file: String, _ error: any Error) {
    reasons.withLock { $0[file] = "\(error)" }
  }

  /// Calls `body` with the index of a sample. If that sample is bad and bad ones are left out, it tries the samples
  /// that follow in the list. The choice depends neither on the number of workers nor on what they have read before.
  /// - Returns: The index of the sample that was used; `nil` if there was none.
  func firstGood(
    of samples: Samples, from index: Int, looksFurther: Bool = true, _ body: (Int) throws -> Void
  ) throws -> Int? {
    for step in 0..<(looksFurther ? samples.count : 1) {
      let candidate = (index + step) % samples.count
      let file = samples[candidate].image
      if areLeftOut, reasons.withLock({ $0[file] != nil }) { continue }
      do {
        try body(candidate)
        return candidate
      } catch {
        guard areLeftOut else { throw error }
        note(file, error)
      }
    }
    return nil
  }
}
