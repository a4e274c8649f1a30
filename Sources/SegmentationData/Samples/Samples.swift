/// The samples of a split, in order.
///
/// The samples of a listing are made when they are asked for: the names of a million images and masks lie in a few pieces of
/// memory, which is a fifth of what they take as texts.
public struct Samples: RandomAccessCollection, Sendable {
  private enum Storage: Sendable {
    case list([Sample])
    case table(SampleTable)
    case made(count: Int, @Sendable (Int) -> Sample)

    var count: Int {
      switch self {
      case .list(let samples): samples.count
      case .table(let table): table.count
      case .made(let count, _): count
      }
    }
  }

  private var storage: Storage
  /// The places in the storage that are samples; nil for all of them.
  private var chosen: [Int]?
  /// The value that stands for white in images of 16 bits; nil leaves that to each sample.
  var white: Int?

  /// The samples of a list.
  public init(_ samples: some Collection<Sample>) {
    if let samples = samples as? Samples { self = samples } else { storage = .list(Array(samples)) }
  }

  /// Samples that are made when they are asked for.
  /// - Parameter sample: Makes the sample of a number from 0 up to `count`, always the same one.
  public init(count: Int, sample: @escaping @Sendable (Int) -> Sample) { storage = .made(count: count, sample) }

  init(_ table: SampleTable) { storage = .table(table) }

  /// The first index, 0.
  public var startIndex: Int { 0 }

  /// The number of samples.
  public var endIndex: Int { chosen?.count ?? storage.count }

  /// The sample at an index from 0.
  public subscript(index: Int) -> Sample {
    let place = chosen?[index] ?? index
    var sample: Sample
    switch storage {
    case .list(let samples): sample = samples[place]
    case .table(let table): sample = table[place]
    case .made(_, let make): sample = make(place)
    }
    if let white { sample.white = white }
    return sample
  }

  /// The samples at some indices, in the order of these.
  func choosing(_ indices: [Int]) -> Samples {
    var samples = self
    samples.chosen = chosen.map { chosen in indices.map { chosen[$0] } } ?? indices
    return samples
  }

  static func += (samples: inout Samples, other: Samples) {
    if samples.isEmpty {
      samples = other
    } else if case .table(var table) = samples.storage, case .table(let more) = other.storage, table.isLike(more),
      samples.chosen == nil, other.chosen == nil, samples.white == other.white
    {
      // The only reference, so that nothing is copied.
      samples.storage = .list([])
      table += more
      samples.storage = .table(table)
    } else {
      samples = Samples(Array(samples) + Array(other))
    }
  }
}

extension Samples: Equatable {
  /// Whether two lists have the same samples in the same order.
  public static func == (one: Samples, other: Samples) -> Bool { one.elementsEqual(other) }
}

extension Samples: ExpressibleByArrayLiteral {
  /// The samples of a list.
  public init(arrayLiteral samples: Sample...) { self.init(samples) }
}
