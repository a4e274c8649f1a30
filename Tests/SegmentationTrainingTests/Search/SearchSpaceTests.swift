import Foundation
import SegmentationTraining
import TestSupport
import Testing

/// Spaces: what a file may say, and what a trial's options become.
@Suite struct SearchSpaceTests {
  private func space(_ yaml: String) throws -> SearchSpace {
    try SearchSpaceReader.read(yaml: yaml, name: "space.yaml")
  }

  private let whole = """
    optimizer.kind: {type: categorical, choices: [sgd, adamw]}
    optimizer.nesterov: {type: categorical, choices: [true, false], if: {optimizer.kind: sgd}}
    optimizer.learning_rate: {type: float, low: 1.0e-05, high: 0.1, log: true}
    batch_size: {type: int, low: 2, high: 8, step: 2}
    augmentation.scale_range[0]: {type: float, low: -0.8, high: -0.1}
    augmentation.scale_range[1]: {type: float, low: 0.25, high: 1.5}
    objective.terms: {type: categorical, choices: [[ce], [ohem, {loss: dice, coefficient: 0.5}]]}
    """

  @Test func `each kind of parameter is read`() throws {
    let space = try space(whole)
    #expect(space.parameters.map(\.name).first == "optimizer.kind" && space.parameters.count == 7)
    #expect(
      space.parameters.map(\.distribution) == [
        .categorical([.text("sgd"), .text("adamw")]), .categorical([.bool(true), .bool(false)]),
        .float(low: 1e-5, high: 0.1, step: nil, isLogarithmic: true),
        .integer(low: 2, high: 8, step: 2, isLogarithmic: false),
        .float(low: -0.8, high: -0.1, step: nil, isLogarithmic: false),
        .float(low: 0.25, high: 1.5, step: nil, isLogarithmic: false),
        .categorical([.text("[ce]"), .text("[ohem, {loss: dice, coefficient: 0.5}]")]),
      ])
    try space.check(over: TrainingOptions())
  }

  @Test func `a trial's values become options`() throws {
    let values: [String: SearchValue] = [
      "optimizer.kind": .text("sgd"), "optimizer.nesterov": .bool(true), "optimizer.learning_rate": .number(1e-5),
      "batch_size": .integer(6), "augmentation.scale_range[0]": .number(-0.3),
      "augmentation.scale_range[1]": .number(0.75), "objective.terms": .text("[ohem, {loss: dice, coefficient: 0.5}]"),
    ]
    let options = try space(whole).options(at: values, over: TrainingOptions())
    #expect(options.optimizer.kind == .sgd && options.optimizer.nesterov && options.optimizer.learningRate == 1e-5)
    #expect(options.batchSize == 6 && options.augmentation.scaleRange == -0.3...0.75)
    #expect(options.objective.terms.map(\.name) == ["ohem", "dice"])
    // Options that the trial does not set stay as they are.
    var base = TrainingOptions()
    base.augmentation.scaleRange = -0.5...2
    let other = try space(whole).options(at: ["augmentation.scale_range[0]": .number(-0.1)], over: base)
    #expect(other.augmentation.scaleRange == -0.1...2 && other.batchSize == base.batchSize)
  }

  @Test func `a conditional parameter is there only with the values that it names`() throws {
    let space = try space(whole)
    let nesterov = try #require(space.parameters.first { $0.name == "optimizer.nesterov" })
    #expect(space.includes(nesterov, with: ["optimizer.kind": .text("sgd")]))
    #expect(!space.includes(nesterov, with: ["optimizer.kind": .text("adamw")]))
    #expect(!space.includes(nesterov, with: [:]))
    // Checked with what it depends on: adamw, the configuration's own, takes no Nesterov momentum.
    var base = TrainingOptions()
    base.optimizer.kind = .adamw
    try space.check(over: base)
  }

  @Test func `the hash is that of what can be chosen, not of its spelling`() throws {
    let lines = whole.split(separator: "\n")
    let moved = try space((lines.dropFirst(2) + lines.prefix(2)).joined(separator: "\n"))
    let spelled = try space(whole.replacingOccurrences(of: "1.0e-05", with: "0.00001") + "\n# a comment")
    #expect(try moved.hash == space(whole).hash && spelled.hash == moved.hash && moved.hash.count == 16)
    let changes = [("high: 0.1", "high: 0.2"), ("[sgd, adamw]", "[sgd, adam]"), (", if: {optimizer.kind: sgd}", "")]
    for (from, to) in changes {
      #expect(try space(whole.replacingOccurrences(of: from, with: to)).hash != moved.hash, "\(from)")
    }
  }

  @Test func `the shipped space of the reference is accepted`() throws {
    let file = RecipeFilesTests.folder.appending(path: "search/reference.yaml")
    let space = try SearchSpaceReader.read(file)
    #expect(space.parameters.count == 10)
    try space.check(over: TrainingOptions())
    for recipe in ["cityscapes-bisenetv1.yaml", "camvid-fastscnn.yaml", "cityscapes-ddrnet-23slim.yaml"] {
      let file = RecipeFilesTests.folder.appending(path: recipe)
      try space.check(over: ConfigurationLoader(defaults: TrainingOptions()).load(file: file))
    }
  }

  @Test(arguments: [
    ("", "space.yaml: expected keys of options, each with its values"),
    ("- a", "expected keys of options"),
    ("a: [1", "space.yaml:"),
    ("optimizer.momentum: 3", "space.yaml:1: optimizer.momentum: expected a type with its values"),
    ("optimizer.momentum: {low: 0.1, high: 0.2}", "expected a type of float, int or categorical, found ''"),
    ("optimizer.momentum: {type: floot, low: 0.1, high: 0.2}", "found 'floot'"),
    ("optimizer.momentum: {type: float, low: 0.1}", "a float needs 'high'"),
    ("optimizer.momentum: {type: float, low: 0.1, high: 0.2, choices: [1, 2]}", "a float has no 'choices'"),
    ("optimizer.momentum: {type: float, low: 0.1, hgh: 0.2}", "unknown key 'hgh'; did you mean 'high'?"),
    (
      "optimizer.momentum: {type: float, low: 0.3, high: 0.2}", "'low' must be below 'high', found low 0.3 and high 0.2"
    ),
    ("optimizer.momentum: {type: float, low: 0.2, high: 0.2}", "'low' must be below 'high'"),
    ("optimizer.momentum: {type: float, low: 0, high: 0.2, log: true}", "'low' must be above 0 with 'log'"),
    ("optimizer.momentum: {type: float, low: .nan, high: 0.2}", "'low' must be a number"),
    ("optimizer.momentum: {type: float, low: 0.1, high: .inf}", "'high' must be a number"),
    ("optimizer.momentum: {type: float, low: 0.1, high: 0.2, step: 0}", "'step' must be a number above 0"),
    ("optimizer.momentum: {type: float, low: 0.1, high: 0.2, log: 3}", "'log' must be true or false"),
    ("batch_size: {type: int, low: 1.5, high: 3}", "'low' must be an integer, found '1.5'"),
    ("batch_size: {type: int, low: 010, high: 30}", "'low' must be an integer"),
    ("batch_size: {type: int, low: 1, high: 3, step: 9}", "'step' must be an integer above 0"),
    ("optimizer.kind: {type: categorical, choices: [sgd]}", "'choices' must be a list of 2 to 200 values"),
    ("optimizer.kind: {type: categorical, choices: [sgd, sgd]}", "the choice sgd is there twice"),
    ("optimizer.kind: {type: categorical, choices: [sgd, adam], log: true}", "a categorical has no 'log'"),
    ("output: {type: categorical, choices: [a, b]}", "output cannot be searched"),
    ("augmentation.scale_range[x]: {type: float, low: 0, high: 1}", "is not a key of the configuration"),
    ("augmentation.scale_range[01]: {type: float, low: 0, high: 1}", "is not a key of the configuration"),
    (
      "augmentation.scale_range[0]: {type: float, low: -1, high: 0}\n"
        + "augmentation.scale_range: {type: categorical, choices: [[0, 1], [0, 2]]}",
      "augmentation.scale_range is a parameter as a whole already"
    ),
    (
      "optimizer.nesterov: {type: categorical, choices: [true, false], if: {optimizer.kind: sgd}}",
      "'if' must name a categorical parameter that comes before, found 'optimizer.kind'"
    ),
    (
      "optimizer.kind: {type: categorical, choices: [sgd, adam]}\n"
        + "optimizer.nesterov: {type: categorical, choices: [true, false], if: {optimizer.kind: adamw}}",
      "optimizer.kind is never adamw; its choices are sgd, adam"
    ),
    ("batch_size: {type: int, low: 1, high: 3}\nbatch_size: {type: int, low: 1, high: 3}", "batch_size"),
  ])
  func `what a space cannot mean is refused with its line`(yaml: String, problem: String) throws {
    let text = try #require(message { _ = try space(yaml) })
    #expect(text.hasPrefix("space.yaml") && text.contains(problem) && !text.contains("\n"), "\(text)")
  }

  @Test(arguments: [
    ("optimizer.learningrate: {type: float, low: 1, high: 2}", "did you mean 'optimizer.learning_rate'?"),
    ("learning_rate: {type: float, low: 1, high: 2}", "did you mean 'optimizer.learning_rate'?"),
    ("augmentation.scale_rang[0]: {type: float, low: 1, high: 2}", "did you mean 'augmentation.scale_range'?"),
    ("augmentation.scale_range[2]: {type: float, low: 1, high: 2}", "the list in the configuration has 2 elements"),
    ("augmentation.brightness[0]: {type: float, low: 1, high: 2}", "the configuration has no list there"),
    ("optimizer.learning_rate: {type: float, low: -1, high: 2}", "expected a number above 0, found -1.0"),
    ("epochs: {type: float, low: 1, high: 5}", "epochs: expected an integer"),
    ("epochs: {type: int, low: 0, high: 5}", "epochs: expected 1 to"),
    ("optimizer.kind: {type: categorical, choices: [sgd, adamm]}", "expected one of sgd, adam, adamw, found 'adamm'"),
    (
      "augmentation.scale_range[0]: {type: float, low: -0.5, high: 0.5}\n"
        + "augmentation.scale_range[1]: {type: float, low: 0.25, high: 1.5}", "augmentation.scale_range"
    ),
  ])
  func `what the options do not take is refused with its line`(yaml: String, problem: String) throws {
    let text = try #require(message { try space(yaml).check(over: TrainingOptions()) })
    #expect(text.hasPrefix("space.yaml:") && text.contains(problem) && !text.contains("\n"), "\(text)")
  }

  /// A value that Optuna keeps comes back as the YAML that it was.
  @Test(arguments: [
    (SearchValue.null, "null"), (.bool(true), "true"), (.integer(3), "3"), (.number(1e-05), "1.0e-05"),
    (.number(0.1), "0.1"), (.text("[ce, dice]"), "[ce, dice]"), (.text("'null'"), "'null'"),
  ])
  func `values survive the way to Optuna and back`(value: SearchValue, yaml: String) throws {
    #expect(value.yaml == yaml)
    let json = try JSONEncoder().encode([value])
    #expect(try JSONDecoder().decode([SearchValue].self, from: json) == [value])
  }
}
