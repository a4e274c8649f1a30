/// The state of a run, as far as its folder tells.
public enum RunState: String, Codable, Sendable, CaseIterable {
  /// A process is training in the folder.
  case running
  /// All epochs are done.
  case finished
  /// The run ended before its last epoch because its options, or whoever watched it, wanted that.
  case stopped
  /// A signal ended the run or its process was killed. `rtseg train --resume` goes on with it.
  case interrupted
  /// An error ended the run.
  case failed
  /// The run ended before it saved anything to go on from.
  case incomplete
}
