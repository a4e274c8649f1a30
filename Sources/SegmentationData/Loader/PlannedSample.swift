/// A sample in the order of an epoch.
struct PlannedSample: Equatable {
  let index: Int
  /// How often the epoch has had the sample before. It is changed in another way each time.
  let repetition: Int

  /// An epoch's samples with their repetitions.
  static func list(_ order: [Int]) -> [PlannedSample] {
    var counts: [Int: Int] = [:]
    return order.map { index in
      defer { counts[index, default: 0] += 1 }
      return PlannedSample(index: index, repetition: counts[index, default: 0])
    }
  }
}
