/// A place in a run at which it can be stopped, so that it goes on from there as if it had not been.
public enum StoppingPoint: Sendable, Equatable {
  /// This many steps of the run are done.
  case step(Int)
  /// A batch of the validation after this many steps is labelled. A run that is stopped there validates anew.
  case validation(afterStep: Int)
}
