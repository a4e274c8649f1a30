import Foundation

/// Samples in the order in which a person should look at them: the rarest and oddest first.
///
/// A sample has traits: the classes that it shows, the share of each, the number of its areas, the share of its pixels
/// without a class, and the findings of the check. A trait is as odd as few samples have it: with `count` of `total`
/// samples that are at least as extreme, its oddity is log2(total / count) bits. So what one sample of 1024 has counts 10
/// bits, and what all have counts nothing. A sample is as odd as its oddest trait. Among equals, the sum over the kinds of
/// traits decides, and then the order of the lists.
public struct SampleRanking: Sendable {
  /// A sample with its traits.
  public struct Entry: Sendable {
    /// The sample.
    public let facts: SampleFacts
    /// The oddest trait of each kind that the sample has, the oddest first.
    public let traits: [SampleTrait]

    /// The oddity of the sample in bits.
    public var oddity: Double { traits.first?.bits ?? 0 }
  }

  /// All samples, the oddest first.
  public let entries: [Entry]

  /// Puts samples in order.
  public init(_ samples: [SampleFacts]) {
    let population = Population(samples)
    let ranked = samples.enumerated().map { index, facts in
      let traits = population.traits(of: facts)
      return (index: index, sum: traits.reduce(0) { $0 + $1.bits }, entry: Entry(facts: facts, traits: traits))
    }
    entries = ranked.sorted { a, b in
      if a.entry.oddity != b.entry.oddity { return a.entry.oddity > b.entry.oddity }
      return a.sum == b.sum ? a.index < b.index : a.sum > b.sum
    }.map(\.entry)
  }
}

/// A property of a sample that sets it apart from others.
public struct SampleTrait: Equatable, Sendable {
  /// The kinds of properties.
  public enum Kind: Equatable, Sendable {
    /// The check found something.
    case findings
    /// The sample shows a class, which has this training id.
    case showsClass(UInt8)
    /// A class has a large or a small share of the labelled pixels.
    case share(UInt8, isLarge: Bool)
    /// The mask has many connected areas.
    case parts
    /// Many pixels have no class.
    case unlabelled
  }

  /// The kind of the property.
  public let kind: Kind
  /// The number of samples that have it at least to the same extent, this one included.
  public let count: Int
  /// The number of samples among which these were counted: all, or those that show the class.
  public let total: Int

  package init(kind: Kind, count: Int, total: Int) {
    self.kind = kind
    self.count = count
    self.total = total
  }

  /// The oddity in bits, 0 or more.
  public var bits: Double { log2(Double(total) / Double(count)) }
}

/// The samples among which each one is judged.
private struct Population {
  private let count: Int
  private let withFindings: Int
  /// The shares of each class in the samples that show it, in ascending order.
  private let shares: [UInt8: [Double]]
  private let parts: [Double]
  private let unlabelledShares: [Double]

  init(_ samples: [SampleFacts]) {
    count = samples.count
    withFindings = samples.count { !$0.findings.isEmpty }
    var shares: [UInt8: [Double]] = [:]
    for facts in samples { for id in facts.classPixels.keys { shares[id, default: []].append(facts.share(of: id)) } }
    self.shares = shares.mapValues { $0.sorted() }
    parts = samples.map { Double($0.parts) }.sorted()
    unlabelledShares = samples.map(\.unlabelledShare).sorted()
  }

  /// The oddest trait of each kind, the oddest first; traits that all samples have are left out.
  func traits(of facts: SampleFacts) -> [SampleTrait] {
    var classTrait: SampleTrait?
    var shareTrait: SampleTrait?
    for id in facts.classPixels.keys.sorted() {
      guard let all = shares[id] else { continue }
      classTrait = odder(classTrait, SampleTrait(kind: .showsClass(id), count: all.count, total: count))
      let share = facts.share(of: id)
      let (large, small) = (all.count - Self.below(share, in: all), Self.upTo(share, in: all))
      shareTrait = odder(
        shareTrait,
        SampleTrait(kind: .share(id, isLarge: large <= small), count: min(large, small), total: all.count))
    }
    var traits = [classTrait, shareTrait].compactMap { $0 }
    if !facts.findings.isEmpty { traits.append(SampleTrait(kind: .findings, count: withFindings, total: count)) }
    if facts.parts > 0 {
      traits.append(
        SampleTrait(kind: .parts, count: count - Self.below(Double(facts.parts), in: parts), total: count))
    }
    if facts.unlabelledShare > 0 {
      let more = count - Self.below(facts.unlabelledShare, in: unlabelledShares)
      traits.append(SampleTrait(kind: .unlabelled, count: more, total: count))
    }
    return traits.filter { $0.bits > 0 }.enumerated().sorted {
      $0.element.bits == $1.element.bits ? $0.offset < $1.offset : $0.element.bits > $1.element.bits
    }.map(\.element)
  }

  private func odder(_ one: SampleTrait?, _ other: SampleTrait) -> SampleTrait {
    guard let one, one.bits >= other.bits else { return other }
    return one
  }

  /// The number of values in an ascending list that are smaller.
  private static func below(_ value: Double, in sorted: [Double]) -> Int { position(in: sorted) { $0 < value } }

  /// The number of values in an ascending list that are not larger.
  private static func upTo(_ value: Double, in sorted: [Double]) -> Int { position(in: sorted) { $0 <= value } }

  /// The place of the first value for which a condition no longer holds.
  private static func position(in sorted: [Double], where holds: (Double) -> Bool) -> Int {
    var (low, high) = (0, sorted.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(sorted[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
