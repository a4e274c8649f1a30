/// The state of a run, as far as the files in its folder say.
public enum RunState: String, Codable, Sendable, CaseIterable {
  /// A process is training in the folder.
  case running
  /// All epochs are done.
  case finished
  /// The run ended before its last epoch because its options or an observer wanted that.
  case stopped
  /// A signal ended the run, or its process was killed. `rtseg train --resume` continues it.
  case interrupted
  /// An error ended the run.
  case failed
  /// The run ended before it saved a checkpoint from which it could go on.
  case incomplete
}
