import Basics

/// A rule gives the parameters that a pattern names another learning rate or weight decay.
public struct ParameterRule: Codable, Sendable, Equatable {
  /// The names of the parameters, such as `backbone.*` or `*.bias`. `*` stands for any characters and `?` for one.
  public var pattern: ParameterPattern
  /// The learning rate of these parameters is multiplied by this number.
  public var learningRateFactor: Double
  /// The weight decay of these parameters is multiplied by this number.
  public var weightDecayFactor: Double

  /// Creates a rule; factors of 1 change nothing.
  public init(_ pattern: String, learningRateFactor: Double = 1, weightDecayFactor: Double = 1) {
    self.pattern = ParameterPattern(pattern)
    self.learningRateFactor = learningRateFactor
    self.weightDecayFactor = weightDecayFactor
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case pattern
    case learningRateFactor = "learning_rate_factor"
    case weightDecayFactor = "weight_decay_factor"
  }

  /// Decodes a rule; a factor that is absent is 1.
  /// - Throws: `InvalidOption`.
  public init(from decoder: any Decoder) throws {
    let fields = try ListedOptions<CodingKeys>(decoder, kind: "a rule")
    pattern = try fields.required(.pattern)
    learningRateFactor = try fields.optional(.learningRateFactor) ?? 1
    weightDecayFactor = try fields.optional(.weightDecayFactor) ?? 1
  }

  func validate(at index: Int) throws(InvalidOption) {
    for (name, value) in [
      ("learning_rate_factor", learningRateFactor), ("weight_decay_factor", weightDecayFactor),
    ] where !(0...1000).contains(value) {
      throw InvalidOption("rules[\(index)].\(name)", "expected 0 to 1000, found \(value)")
    }
  }
}
