import Basics

/// One element of `objective.terms`: a loss, its options and its factor in the sum.
///
/// It is written as the name of the loss, `dice`, or with options, `{loss: dice, coefficient: 0.5, smooth: 1}`.
public struct LossTerm: Codable, Sendable, Equatable {
  /// Every loss there is.
  public static let kinds: [any LossOptions.Type] = [
    CrossEntropyOptions.self, OHEMOptions.self, DiceOptions.self, FocalOptions.self, LovaszOptions.self,
    TverskyOptions.self, BoundaryOptions.self, BinaryCrossEntropyOptions.self,
  ]

  /// The loss and its options.
  public var options: any LossOptions
  /// The loss is multiplied by this number in the sum.
  public var coefficient = 1.0

  /// Creates a term.
  public init(_ options: any LossOptions, coefficient: Double = 1) {
    self.options = options
    self.coefficient = coefficient
  }

  /// The loss's name.
  public var name: String { type(of: options).name }

  /// Whether two terms have the same loss with the same options and the same factor.
  public static func == (a: LossTerm, b: LossTerm) -> Bool {
    a.coefficient == b.coefficient && a.options.isEqual(to: b.options)
  }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws(InvalidOption) {
    guard (0...OptionLimits.factor).contains(coefficient) else {
      throw InvalidOption("coefficient", "expected 0 to \(OptionLimits.factor), found \(coefficient)")
    }
    do { try options.validate() } catch { throw error as? InvalidOption ?? InvalidOption(name, "\(error)") }
  }

  // MARK: Coding

  private enum CodingKeys: String, CodingKey, CaseIterable { case loss, coefficient }

  /// - Throws: `InvalidOption`, whose name says which element of a list and which key: `[1].alpha`.
  public init(from decoder: any Decoder) throws {
    let place = decoder.codingPath.last?.intValue.map { "[\($0)]" } ?? ""
    do { try self.init(reading: decoder) } catch let error as InvalidOption {
      throw InvalidOption([place, error.name].filter { !$0.isEmpty }.joined(separator: "."), error.reason)
    }
  }

  private init(reading decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      self.init(try Self.kind(name).init())
      return
    }
    guard let values = try? decoder.container(keyedBy: OptionCodingKey.self) else {
      throw InvalidOption("", "expected a loss's name or its options, such as dice or {loss: dice, smooth: 1}")
    }
    guard let name = try values.text("loss") else {
      throw InvalidOption("", "expected the key loss with one of \(Self.names)")
    }
    let kind = try Self.kind(name)
    let known = CodingKeys.allCases.map(\.rawValue) + kind.keys
    for key in values.allKeys where !known.contains(key.stringValue) {
      throw InvalidOption(
        key.stringValue, "the loss \(kind.name) has no such option; known here: \(known.joined(separator: ", "))")
    }
    self.init(try kind.init(from: decoder))
    try values.read("coefficient", into: &coefficient)
    try validate()
  }

  /// Encodes the loss's name, its factor and its options as one object.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .loss)
    try values.encode(coefficient, forKey: .coefficient)
    try options.encode(to: encoder)
  }

  private static func kind(_ name: String) throws(InvalidOption) -> any LossOptions.Type {
    guard let kind = kinds.first(where: { $0.name == name }) else {
      throw InvalidOption("", "expected a loss, one of \(names), found '\(name)'")
    }
    return kind
  }

  private static var names: String { kinds.map { $0.name }.joined(separator: ", ") }
}
