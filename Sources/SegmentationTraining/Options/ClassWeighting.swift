import Basics
import SegmentationData

/// The weights of the classes in losses: computed from the training images, or given as numbers.
public enum ClassWeighting: Sendable, Equatable {
  /// The median of all classes' frequencies divided by the frequency of the class.
  case median
  /// `1 / ln(1.02 + p)`, in which p is the class's share of all labelled pixels.
  case enet
  /// `1 / sqrt(p)`, in which p is the class's share of all labelled pixels, scaled to a mean of 1.
  case inverseSquareRoot
  /// One number per class, in the order of the class ids.
  case numbers([Double])

  private static let computed: [(name: String, value: ClassWeighting)] = [
    ("median", .median), ("enet", .enet), ("inverse_sqrt", .inverseSquareRoot),
  ]
  static let expectation = "median, enet, inverse_sqrt, or a list with one number per class"

  /// Whether the pixels of the classes must be counted for them.
  public var isComputed: Bool { if case .numbers = self { false } else { true } }

  /// One factor for each of so many classes.
  ///
  /// - Parameter counted: The weights that the pixels of the training images give; asked for only if `isComputed`.
  /// - Throws: `InvalidOption` if the numbers given are not one for each class.
  public func weights(of counted: @autoclosure () throws -> ClassWeights, classes: Int) throws -> [Double] {
    switch self {
    case .median: return try counted().medianFrequency
    case .enet: return try counted().enet
    case .inverseSquareRoot: return try counted().inverseSquareRoot
    case .numbers(let numbers):
      guard numbers.count == classes else {
        throw InvalidOption(
          "objective.class_weights", "expected \(classes) numbers, one for each class, found \(numbers.count)")
      }
      return numbers
    }
  }

  func validate() throws(InvalidOption) {
    guard case .numbers(let numbers) = self else { return }
    guard numbers.allSatisfy({ (0...OptionLimits.factor).contains($0) }), numbers.contains(where: { $0 > 0 }) else {
      throw InvalidOption(
        "classWeights", "expected numbers from 0 to \(OptionLimits.factor), one of them above 0, found \(numbers)")
    }
  }
}

extension ClassWeighting: Codable {
  /// Decodes a name or a list of numbers.
  /// - Throws: `DecodingError` for anything else.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let name = try? value.decode(String.self), let known = Self.computed.first(where: { $0.name == name }) {
      self = known.value
    } else if let numbers = try? value.decode([Double].self) {
      self = .numbers(numbers)
    } else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: Self.expectation)
    }
  }

  /// Encodes the name, or the numbers.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    if case .numbers(let numbers) = self { return try value.encode(numbers) }
    try value.encode(Self.computed.first { $0.value == self }?.name)
  }
}

extension ClassWeighting: ExpressibleByArrayLiteral {
  /// Creates weights from one number per class.
  public init(arrayLiteral elements: Double...) { self = .numbers(elements) }
}
