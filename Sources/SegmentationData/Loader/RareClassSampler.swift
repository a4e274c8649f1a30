import Foundation

/// The order of samples for `RareClassSampling`. Each place gets an image that is drawn anew, so an epoch may show an
/// image several times or not at all.
package struct RareClassSampler: Sampler {
  package let count: Int
  let seed: UInt64
  /// The likelihood of each class that occurs, and the indices of the images that show it.
  package let classes: [(likelihood: Double, images: [Int])]

  package init(_ statistics: ClassStatistics, options: RareClassSampling, seed: UInt64) {
    count = statistics.images.count
    self.seed = seed
    let total = Double(max(1, statistics.pixels.reduce(0, +)))
    let present = statistics.pixels.indices.filter { statistics.pixels[$0] > 0 }
    // The exponent of the rarest class is 0, so nothing overflows.
    let rarest = present.map { Double(statistics.pixels[$0]) / total }.min() ?? 0
    let weights = present.map { exp((rarest - Double(statistics.pixels[$0]) / total) / options.temperature) }
    let sum = weights.reduce(0, +)
    classes = zip(present, weights).map { id, weight in
      let showing = statistics.images.indices.filter { statistics.images[$0][id] > 0 }
      let enough = showing.filter { statistics.images[$0][id] >= options.minimumPixels }
      return (weight / sum, enough.isEmpty ? showing : enough)
    }
  }

  package func order(epoch: Int) -> [Int] {
    var random = RandomStream("rare_classes", seed: seed, epoch)
    guard !classes.isEmpty else { return ShuffledSampler(count: count, seed: seed).order(epoch: epoch) }
    return (0..<count).map { _ in
      var rest = random.uniform()
      var chosen = classes[classes.count - 1]
      for candidate in classes {
        rest -= candidate.likelihood
        if rest < 0 {
          chosen = candidate
          break
        }
      }
      return chosen.images[random.index(below: chosen.images.count)]
    }
  }

}
