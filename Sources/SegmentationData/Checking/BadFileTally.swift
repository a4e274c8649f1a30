/// The files of a split that cannot be used: all are counted, and the first ones of each reason are kept.
struct BadFileTally: Sendable {
  /// The most reasons that are told apart. Some reasons name the file, so there may be as many as files.
  private static let reasonLimit = 100
  /// The most files that are kept for each reason.
  private static let fileLimit = 10

  /// The first files of each reason, in the order of the samples.
  private(set) var first: [DataReport.BadFile] = []
  /// The reasons in the order in which they first occurred.
  private(set) var reasons: [DataReport.BadFileReason] = []
  private var places: [String: Int] = [:]
  /// The number of files with other reasons.
  private(set) var others = 0

  mutating func add(_ file: String, _ reason: String) {
    let place = places[reason] ?? reasons.count
    guard place < Self.reasonLimit else {
      others += 1
      return
    }
    if place == reasons.count {
      reasons.append(DataReport.BadFileReason(reason: reason, files: 0))
      places[reason] = place
    }
    reasons[place].files += 1
    if reasons[place].files <= Self.fileLimit { first.append(DataReport.BadFile(file: file, reason: reason)) }
  }
}
