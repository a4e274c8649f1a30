import Basics
import SegmentationData
import SegmentationTraining
import TestSupport
import Testing

@Suite struct LossTermTests {
  private func load(_ yaml: String, _ overrides: String...) throws -> ObjectiveOptions {
    try ConfigurationLoader(defaults: TrainingOptions()).load(
      yaml: yaml, name: "run.yaml", overrides: overrides.map { try ConfigurationOverride(parsing: $0) }
    ).objective
  }

  @Test func namesAndOptionsMakeTerms() throws {
    #expect(try load("").terms == [LossTerm(OHEMOptions())])
    #expect(try load("", "objective.terms=[ce,dice]").terms.map(\.name) == ["ce", "dice"])
    let yaml = """
      objective:
        terms:
        - ohem
        - {loss: dice, coefficient: 0.5, smooth: 0, classes: all}
        - loss: tversky
          alpha: 0.2
      """
    var dice = DiceOptions()
    dice.smooth = 0
    dice.classes = .all
    var tversky = TverskyOptions()
    tversky.alpha = 0.2
    #expect(
      try load(yaml).terms == [LossTerm(OHEMOptions()), LossTerm(dice, coefficient: 0.5), LossTerm(tversky)])
    #expect(try load(yaml, "objective.terms=[bce]").terms == [LossTerm(BinaryCrossEntropyOptions())])
  }

  @Test func everyLossIsWrittenAndReadBackEqual() throws {
    var options = TrainingOptions()
    var focal = FocalOptions()
    focal.alpha = 0.25
    focal.form = .sigmoid
    // Numbers of 17 digits.
    options.objective.terms = LossTerm.kinds.map { LossTerm($0.init(), coefficient: 0.1 + 0.2) } + [LossTerm(focal)]
    options.augmentation.scaleRange = -0.1 - 0.2...2 / 3
    for weights in [ClassWeighting.median, .enet, .inverseSquareRoot, [0.5, 2], nil] {
      options.objective.classWeights = weights
      let yaml = ConfigurationLoader(defaults: TrainingOptions()).yaml(options)
      #expect(try ConfigurationLoader(defaults: TrainingOptions()).load(yaml: yaml, name: "") == options)
    }
    #expect(LossTerm(focal) != LossTerm(FocalOptions()))
    #expect(LossTerm(focal) != LossTerm(focal, coefficient: 2))
  }

  // The names that a term takes are the ones that it writes.
  @Test func keysAreThoseOfTheOptions() throws {
    for kind in LossTerm.kinds {
      for key in kind.keys {
        #expect(key == key.lowercased() && !key.isEmpty)
        let problem = try #require(
          message { _ = try load("", "objective.terms=[{loss: \(kind.name), \(key): [x]}]") })
        #expect(
          problem.hasPrefix("--set objective.terms: objective.terms[0].\(key): expected ")
            && problem.hasSuffix("found a list or options"), "\(problem)")
      }
    }
  }

  @Test(arguments: [
    (
      "[ce, dyce]",
      "objective.terms[1]: expected a loss, one of ce, ohem, dice, focal, lovasz, tversky, boundary, bce, found 'dyce'"
    ),
    (
      "[ce, {loss: tversky, alfa: 1}]",
      "objective.terms[1].alfa: the loss tversky has no such option; known here: loss, coefficient, alpha, beta, gamma, "
        + "smooth, classes, per_image"
    ),
    ("[{loss: tversky, alpha: -1}]", "objective.terms[0].alpha: expected 0.0 to 1000.0, found -1.0"),
    ("[{loss: tversky, alpha: many}]", "objective.terms[0].alpha: expected a number, found 'many'"),
    ("[{loss: dice, classes: some}]", "objective.terms[0].classes: expected one of present, all, found 'some'"),
    ("[{loss: dice, per_image: 3}]", "objective.terms[0].per_image: expected true or false, found '3'"),
    ("[{loss: dice, coefficient: -1}]", "objective.terms[0].coefficient: expected 0 to 1000000.0, found -1.0"),
    ("[{loss: ohem, threshold: .nan}]", "objective.terms[0].threshold: expected between 0 and 1, found nan"),
    (
      "[{loss: ohem, minimum_share: .inf}]", "objective.terms[0].minimum_share: expected 0.0 to 1.0, found inf"
    ),
    (
      "[{loss: ce, label_smoothing: 1}]",
      "objective.terms[0].label_smoothing: expected at least 0 and below 1, found 1.0"
    ),
    (
      "[{coefficient: 1}]",
      "objective.terms[0]: expected the key loss with one of ce, ohem, dice, focal, lovasz, tversky, boundary, bce"
    ),
    (
      "[[ce]]",
      "objective.terms[0]: expected a loss's name or its options, such as dice or {loss: dice, smooth: 1}"
    ),
    (
      "ce",
      "objective.terms: expected a list, each element the name of a loss or its options, such as dice or "
        + "{loss: dice, smooth: 1}, found 'ce'"
    ),
    ("[]", "objective.terms: expected at least one loss, found none"),
  ])
  func whatIsWrongIsSaidInOneLine(terms: String, problem: String) {
    let found = message { _ = try load("objective:\n  terms: \(terms)\n") }
    #expect(found == "run.yaml:2: \(problem)")
  }

  @Test func termsMadeInSwiftAreCheckedToo() {
    var options = ObjectiveOptions()
    var tversky = TverskyOptions()
    tversky.gamma = 0
    options.terms = [LossTerm(OHEMOptions()), LossTerm(tversky)]
    #expect(message { try options.validate() } == "terms[1].gamma: expected above 0, at most 10, found 0.0")
  }

  @Test(arguments: [
    (
      "[dice, ce]", 1,
      "objective.terms[1].loss: ce compares the scores of two or more classes, and this network gives one score for each "
        + "pixel (model.single_score); take bce, or leave model.single_score out"
    ),
    (
      "[ohem]", 1,
      "objective.terms[0].loss: ohem compares the scores of two or more classes, and this network gives one score for "
        + "each pixel (model.single_score); take bce, or leave model.single_score out"
    ),
    (
      "[bce]", 19,
      "objective.terms[0].loss: bce takes one score for each pixel, and this network gives 19; set model.single_score for "
        + "two classes, or take ce"
    ),
    (
      "[{loss: focal, alpha: 0.25}]", 2,
      "objective.terms[0].alpha: expected null, since form is softmax and there are several classes, found 0.25; use "
        + "objective.class_weights"
    ),
  ])
  func lossesThatDoNotFitTheScoresAreNamed(terms: String, scores: Int, problem: String) throws {
    let options = try load("", "objective.terms=\(terms)")
    #expect(message { try options.validate(scores: scores) } == problem)
  }

  @Test func lossesThatFitTheScoresAreTaken() throws {
    let binary = "[bce, dice, lovasz, tversky, boundary, {loss: focal, alpha: 0.25}]"
    try load("", "objective.terms=\(binary)").validate(scores: 1)
    try load("", "objective.terms=[ce, ohem, dice, lovasz, tversky, boundary, focal]").validate(scores: 2)
    let weighted = try load("objective:\n  terms: [dice]\n  class_weights: [1, 2]")
    try weighted.validate(scores: 2)
    #expect(
      message { try weighted.validate(scores: 1) }
        == "objective.class_weights: expected null, since the network gives one score per pixel; the loss bce has "
        + "positive_weight for rare pixels")
  }

  @Test func classWeightsAreNamedOrGiven() throws {
    let counted = ClassWeights(pixels: [10, 30, 60], pixelsInItsImages: [50, 100, 100])
    func weights(_ text: String) throws -> [Double] {
      try #require(try load("objective:\n  class_weights: \(text)").classWeights).weights(of: counted, classes: 3)
    }
    #expect(try weights("median") == counted.medianFrequency)
    #expect(try weights("enet") == counted.enet)
    #expect(try weights("inverse_sqrt") == counted.inverseSquareRoot)
    // Numbers are taken as they are, and nothing is counted for them.
    let given = try #require(try load("objective:\n  class_weights: [1, 2, 0.5]").classWeights)
    func counting() throws -> ClassWeights { throw InvalidOption("data", "was read") }
    #expect(try given.weights(of: counting(), classes: 3) == [1, 2, 0.5])
    #expect(!given.isComputed && ClassWeighting.median.isComputed)
    #expect(
      message { _ = try weights("[1, 2]") }
        == "objective.class_weights: expected 3 numbers, one for each class, found 2")
  }

  @Test(arguments: [
    (
      "class_weights: mean",
      "objective.class_weights: expected median, enet, inverse_sqrt, or a list with one number per class or null, "
        + "found 'mean'"
    ),
    (
      "class_weights: [1, -1]",
      "objective.class_weights: expected numbers from 0 to 1000000.0, one of them above 0, found [1.0, -1.0]"
    ),
    (
      "{class_weights: median, terms: [lovasz, boundary]}",
      "objective.class_weights: expected a loss in objective.terms that takes them (ce, ohem, dice, focal, tversky), found "
        + "lovasz, boundary"
    ),
    ("detail: {form: raw}", "objective.detail.form: expected one of probabilities, scores, found 'raw'"),
    (
      "detail: {scale_weights: [1, 2]}",
      "objective.detail.scale_weights: expected three numbers from -1000000.0 to 1000000.0, or null, found [1.0, 2.0]"
    ),
    (
      "loss: ce",
      "unknown key 'objective.loss'; known here: terms, class_weights, auxiliary_coefficients, auxiliary_terms, detail, "
        + "boundary_head"
    ),
  ])
  func otherKeysAreCheckedToo(text: String, problem: String) {
    let inside = text.hasPrefix("{") ? text : "{\(text)}"
    #expect(message { _ = try load("objective: \(inside)") } == "run.yaml:1: \(problem)")
  }
}
