import Foundation
import SegmentationTraining
import Synchronization

/// Shows on a terminal how many names were listed, if that takes longer than a second. It ends the program if a signal has
/// come: a run that has not begun has nothing to save.
final class ListingLine: Sendable {
  private struct State {
    var names = 0
    var start: ContinuousClock.Instant?
    var shown: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// Counts more names; 0 is the end of a listing.
  func add(_ count: Int) {
    if let code = InterruptFlag.exitCode {
      Terminal.clearProgress()
      exit(code)
    }
    state.withLock { state in
      guard count > 0 else {
        if state.shown != nil { Terminal.clearProgress() }
        state = State()
        return
      }
      let now = ContinuousClock.now
      state.names += count
      guard let start = state.start else {
        state.start = now
        return
      }
      guard now - start > .seconds(1), state.shown.map({ now - $0 > .milliseconds(200) }) ?? true else { return }
      state.shown = now
      Terminal.showProgress("listing files: \(state.names)")
    }
  }
}
