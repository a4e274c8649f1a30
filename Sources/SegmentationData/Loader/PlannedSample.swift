/// A sample in the order in which an epoch visits them.
struct PlannedSample: Equatable {
  let index: Int
  /// The number of times that the epoch has had this sample before. Each repetition is changed in another way.
  let repetition: Int

  /// The samples of an epoch with their repetitions.
  static func list(_ order: [Int]) -> [PlannedSample] {
    var counts = [Int](repeating: 0, count: (order.max() ?? -1) + 1)
    return order.map { index in
      defer { counts[index] += 1 }
      return PlannedSample(index: index, repetition: counts[index])
    }
  }
}
