/// A part of a data set: for training, for validation or for the final test.
public enum Split: String, Codable, CaseIterable, Sendable {
  /// The images to train on, to validate on while training, and to test on at the end.
  case train, val, test
}
