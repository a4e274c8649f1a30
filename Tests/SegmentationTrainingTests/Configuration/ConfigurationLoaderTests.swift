import Foundation
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing

@Suite struct ConfigurationLoaderTests {
  let loader = ConfigurationLoader(defaults: SampleOptions())

  private func load(_ yaml: String, _ overrides: String...) throws -> SampleOptions {
    try loader.load(yaml: yaml, name: "run.yaml", overrides: overrides.map { try ConfigurationOverride(parsing: $0) })
  }

  /// The one line that a configuration is refused with.
  private func refusal(_ yaml: String, _ overrides: String...) -> String {
    do {
      let parsed = try overrides.map { try ConfigurationOverride(parsing: $0) }
      _ = try loader.load(yaml: yaml, name: "run.yaml", overrides: parsed)
      return "accepted"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: ["", "# nothing\n", "optimizer:\n", "{}", "---\n"])
  func `nothing given leaves the defaults`(yaml: String) throws {
    #expect(try load(yaml) == SampleOptions())
  }

  @Test func `a file changes what it names and overrides win over it`() throws {
    var expected = SampleOptions()
    expected.epochs = 3
    expected.useEMA = true
    expected.optimizer.kind = .adamW
    expected.optimizer.learningRate = 0.25
    let yaml = """
      epochs: 3
      use_ema: yes
      optimizer:
        kind: adamw
        learning_rate: 0.1
      """
    #expect(try load(yaml, "optimizer.learning_rate=0.25") == expected)
  }

  @Test func `values of every kind are read`() throws {
    let options = try load(
      """
      model: 1.5
      seed: 18446744073709551615
      warmup_epochs: 0x10
      init_checkpoint: null.pth
      crop_size: 64x128
      scale_range: [0, 1e-3]
      class_weights: {road: 1, "car": 2.5, '3': 4}
      optimizer: {weight_decay: 5e-4, gradient_norm: 2}
      """)
    #expect(options.model == "1.5")
    #expect(options.seed == 18_446_744_073_709_551_615)
    #expect(options.warmupEpochs == 16)
    #expect(options.initCheckpoint == "null.pth")
    #expect(options.cropSize == .init(height: 64, width: 128))
    #expect(options.scaleRange == [0, 0.001])
    #expect(options.classWeights == ["road": 1, "car": 2.5, "3": 4])
    #expect(options.optimizer.weightDecay == 5e-4)
    #expect(options.optimizer.gradientNorm == 2)
  }

  @Test func `overrides are YAML values`() throws {
    let yaml = "init_checkpoint: a.pth\nclass_weights: {road: 1}"
    let options = try load(
      yaml, "init_checkpoint=null", "scale_range=[0.5, 2]", "class_weights.car=3", "optimizer={kind: adam}",
      "model='a: b'")
    #expect(options.initCheckpoint == nil)
    #expect(options.scaleRange == [0.5, 2])
    #expect(options.classWeights == ["road": 1, "car": 3])
    #expect(options.optimizer.kind == .adam)
    #expect(options.optimizer.learningRate == 0.05)
    #expect(options.model == "a: b")
  }

  @Test func `a flag's text stands for itself`() throws {
    let flags = [
      ConfigurationOverride("init_checkpoint", "null", source: "--init"),
      ConfigurationOverride("model", "[a: #b", source: "--model"),
      ConfigurationOverride("epochs", "7", source: "--epochs"),
    ]
    let options = try loader.load(overrides: flags)
    #expect(options.initCheckpoint == "null")
    #expect(options.model == "[a: #b")
    #expect(options.epochs == 7)
    let bad = ConfigurationOverride("epochs", "many", source: "--epochs")
    #expect(throws: ConfigurationError.self) { try loader.load(overrides: [bad]) }
  }

  @Test func `an optional struct is made from its defaults and cleared by null`() throws {
    let yaml = "distillation:\n  teacher: smp"
    #expect(try load("").distillation == nil)
    #expect(try load(yaml).distillation == .init(teacher: "smp", lossWeight: 0.5))
    #expect(try load(yaml, "distillation.loss_weight=2").distillation == .init(teacher: "smp", lossWeight: 2))
    #expect(try load(yaml, "distillation=null").distillation == nil)

    var present = SampleOptions()
    present.distillation = .init(teacher: "other", lossWeight: 3)
    let loader = ConfigurationLoader(defaults: present)
    #expect(try loader.load(yaml: yaml, name: "").distillation == .init(teacher: "smp", lossWeight: 3))
    #expect(try loader.load(yaml: "distillation: null", name: "").distillation == nil)
  }

  @Test(arguments: [
    ("epoch: 3", "run.yaml:1: unknown key 'epoch'; did you mean 'epochs'?"),
    ("epochs: 3\n\nwarmupEpochs: 1", "run.yaml:3: unknown key 'warmupEpochs'; did you mean 'warmup_epochs'?"),
    (
      "optimizer:\n  kind: sgd\n  lerning_rate: 1",
      "run.yaml:3: unknown key 'optimizer.lerning_rate'; did you mean 'optimizer.learning_rate'?"
    ),
    ("learning_rate: 1", "run.yaml:1: unknown key 'learning_rate'; did you mean 'optimizer.learning_rate'?"),
    ("optimiser: {kind: sgd}", "run.yaml:1: unknown key 'optimiser'; did you mean 'optimizer'?"),
    (
      "distillation: {losweight: 1}",
      "run.yaml:1: unknown key 'distillation.losweight'; did you mean 'distillation.loss_weight'?"
    ),
    (
      "distillation: {zzz: 1}", "run.yaml:1: unknown key 'distillation.zzz'; known here: teacher, loss_weight"
    ),
    ("epochs: many", "run.yaml:1: epochs: expected an integer, found 'many'"),
    ("epochs: 1.5", "run.yaml:1: epochs: expected an integer, found '1.5'"),
    ("epochs:", "run.yaml:1: epochs: expected an integer, found nothing"),
    ("model: ~", "run.yaml:1: model: expected text, found nothing"),
    ("model: [a, b]", "run.yaml:1: model: expected text, found ['a', 'b']"),
    ("use_ema: 1", "run.yaml:1: use_ema: expected true or false, found '1'"),
    ("seed: -1", "run.yaml:1: seed: expected an integer, found '-1'"),
    ("optimizer: 3", "run.yaml:1: optimizer: expected options (keys and values), found '3'"),
    (
      "optimizer:\n  kind: sdg",
      "run.yaml:2: optimizer.kind: expected one of sgd, adam, adamw, found 'sdg'"
    ),
    (
      "optimizer: {gradient_norm: [1]}",
      "run.yaml:1: optimizer.gradient_norm: expected a number or null, found ['1']"
    ),
    ("scale_range: [1, x]", "run.yaml:1: scale_range: expected a list, each element a number, found ['1', 'x']"),
    ("class_weights: {a: b}", "run.yaml:1: class_weights: expected names, each with a number, found {a: 'b'}"),
    ("crop_size: 512", "run.yaml:1: crop_size: expected a size such as 512x1024, found '512'"),
    ("epochs: 1\nepochs: 2", "run.yaml:1: given more than once: epochs"),
    ("- a\n- b", "run.yaml:1: expected options (keys and values), found ['a', 'b']"),
  ])
  func `what is wrong is said in one line`(yaml: String, message: String) {
    #expect(refusal(yaml) == message)
  }

  @Test func `broken YAML names its line`() {
    let message = refusal("epochs: 1\nmodel: [a, b\noptimizer: 2\n")
    #expect(message.hasPrefix("run.yaml:3: not valid YAML: "))
    #expect(!message.contains("\n"))
  }

  @Test(arguments: [
    ("optimizer.kind", "--set optimizer.kind: expected KEY=VALUE, such as optimizer.learning_rate=0.05"),
    ("=1", "--set =1: expected KEY=VALUE, such as optimizer.learning_rate=0.05"),
    ("optimizer..kind=1", "--set optimizer..kind=1: expected KEY=VALUE, such as optimizer.learning_rate=0.05"),
    ("model=[a", "--set model: '[a' is not a YAML value; text with such signs needs quotes"),
    (
      "optimizer.learnin_rate=1",
      "--set optimizer.learnin_rate: unknown key 'optimizer.learnin_rate'; "
        + "did you mean 'optimizer.learning_rate'?"
    ),
    (
      "optimizer.learning_rate=fast",
      "--set optimizer.learning_rate: optimizer.learning_rate: expected a number, found 'fast'"
    ),
  ])
  func `a bad override is named`(override: String, message: String) {
    #expect(refusal("", override) == message)
  }

  @Test func `options check themselves and the place is named`() {
    #expect(
      refusal("epochs: 1\noptimizer:\n  learning_rate: -1")
        == "run.yaml:3: optimizer.learning_rate: expected more than 0, found -1.0")
    #expect(
      refusal("", "optimizer.learning_rate=0")
        == "--set optimizer.learning_rate: optimizer.learning_rate: expected more than 0, found 0.0")
    var broken = SampleOptions()
    broken.optimizer.learningRate = 0
    #expect(
      throws: ConfigurationError.invalid(
        location: nil, key: "optimizer.learning_rate", reason: "expected more than 0, found 0.0")
    ) { try ConfigurationLoader(defaults: broken).load() }
  }

  @Test func `a missing file and one that is not text are named`() throws {
    let missing = URL(filePath: "no/such/run.yaml")
    #expect(throws: ConfigurationError.unreadable(file: "no/such/run.yaml", reason: "No such file or directory")) {
      try loader.load(file: missing)
    }
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data([0xFF, 0xFE, 0x00]).write(to: file)
    #expect(
      throws: ConfigurationError.unreadable(file: file.relativePath, reason: "it is not UTF-8 text; save it as UTF-8")
    ) {
      try loader.load(file: file)
    }
  }

  // yaml.safe_load of this text gives {'model': 'bisenetv2', ..., 'weight_decay': 1e-05, 'gradient_norm': None, ...}
  @Test func `the effective options are written with all keys`() {
    let yaml = """
      model: bisenetv2
      epochs: 10
      seed: 18446744073709551615
      warmup_epochs: 2
      use_ema: false
      init_checkpoint: null
      crop_size: 512x1024
      image_size: 512x1024
      factors: [0.5, 2.0]
      scale_range: [-0.5, 1.0]
      class_weights: {}
      loss_weights: null
      optimizer:
        kind: sgd
        learning_rate: 0.05
        weight_decay: 1.0e-05
        gradient_norm: null
      distillation: null

      """
    #expect(loader.yaml(SampleOptions()) == yaml)
  }

  @Test func `the effective options load back equal`() throws {
    var options = SampleOptions()
    options.model = "null"
    options.initCheckpoint = "~"
    options.seed = 1 << 63
    options.useEMA = true
    options.scaleRange = [0.1 + 0.2, .leastNonzeroMagnitude, .infinity, -1e300]
    options.classWeights = ["traffic light": 1 / 3, "2": 1, "a: b": 2, "classTen": 3]
    options.lossWeights = ["1.0": 2]
    options.optimizer = .init(kind: .adamW, learningRate: 1e-7 / 3, weightDecay: 0.1, gradientNorm: 12345678.9)
    options.distillation = .init(teacher: "it's \"a\"\nb", lossWeight: -0.0)
    let yaml = loader.yaml(options)
    #expect(try loader.load(yaml: yaml, name: "") == options)
    // Reading it over other defaults changes nothing: every key is in the file.
    var others = SampleOptions()
    others.initCheckpoint = "b"
    others.optimizer.gradientNorm = 5
    #expect(try ConfigurationLoader(defaults: others).load(yaml: yaml, name: "") == options)
    let none = loader.yaml(SampleOptions())
    #expect(try ConfigurationLoader(defaults: others).load(yaml: none, name: "") == SampleOptions())
  }

  @Test(arguments: [
    (
      "epochs: 010",
      "run.yaml:1: epochs: expected an integer, in plain digits, without leading zeros, 0o, 0b, _ or :, found '010'"
    ),
    (
      "seed: 1:30",
      "run.yaml:1: seed: expected an integer, in plain digits, without leading zeros, 0o, 0b, _ or :, found '1:30'"
    ),
    (
      "epochs: 99999999999:99999999999",
      "run.yaml:1: epochs: expected an integer, in plain digits, without leading zeros, 0o, 0b, _ or :, "
        + "found '99999999999:99999999999'"
    ),
    (
      "scale_range: [0, 1_0]",
      "run.yaml:1: scale_range: expected a list, each element a number, in plain digits, without leading zeros, 0o, 0b, "
        + "_ or :, found ['0', '1_0']"
    ),
    (
      "image_size: [64]",
      "run.yaml:1: image_size: expected a size such as 512x1024 or [512, 1024], height first, found ['64']"
    ),
    (
      "image_size: {height: 64}",
      "run.yaml:1: image_size: expected a size such as 512x1024 or [512, 1024], height first, found {height: '64'}"
    ),
    (
      "image_size: 1:30",
      "run.yaml:1: image_size: expected a size such as 512x1024 or [512, 1024], height first, in plain digits, without "
        + "leading zeros, 0o, 0b, _ or :, found '1:30'"
    ),
    ("factors: [0, 1, 2]", "run.yaml:1: factors: expected two numbers, [low, high], found ['0', '1', '2']"),
    ("factors: [2, 1]", "run.yaml:1: factors: expected two numbers, [low, high], found ['2', '1']"),
    (
      "ep\u{A0}ochs: 1",
      "run.yaml:1: 'ep\u{A0}ochs' has a special blank in it (U+A0); write a plain one, or put the text in quotes"
    ),
    ("\"epochs\\e\": 1", "run.yaml:1: unknown key 'epochs\\u{1B}'; did you mean 'epochs'?"),
  ])
  func `numbers and sizes that may be misread are refused with what to write`(yaml: String, message: String) {
    #expect(refusal(yaml) == message)
  }

  @Test(arguments: [
    (
      "data: {validation_share: 1.5}",
      "run.yaml:1: data.validation_share: expected a share above 0 and below 1, such as 0.1, found 1.5"
    ),
    (
      "augmentation:\n  mean: [0, 0, 0]\n  std: [1, 1e-320, 1]",
      "run.yaml:3: augmentation.std: expected values from 0.000001 to 1000000, found [1.0, 1e-320, 1.0]"
    ),
    (
      "augmentation:\n  crop_size: [4611686018427387904, 96]",
      "run.yaml:2: augmentation.crop_size: expected sides from 1 to 16384, found 4611686018427387904x96"
    ),
  ])
  func `a training configuration is checked before data is looked for`(yaml: String, text: String) {
    let loader = ConfigurationLoader(defaults: TrainingOptions())
    #expect(message { _ = try loader.load(yaml: yaml, name: "run.yaml") } == text)
  }

  @Test func `a size may be a list, texts may look like numbers`() throws {
    let options = try load("image_size: [64, 96]\nmodel: 010\ncrop_size: 64x96")
    #expect(options.imageSize == ImageSize(height: 64, width: 96))
    #expect(options.model == "010")
    #expect(try load("image_size: 64").imageSize == ImageSize(height: 64, width: 64))
    #expect(try load("", "image_size=[32, 48]").imageSize == ImageSize(height: 32, width: 48))
    #expect(refusal("", "epochs=010").contains("in plain digits"))
    let flag = ConfigurationOverride("epochs", "010", source: "--epochs")
    #expect(throws: ConfigurationError.self) { try loader.load(overrides: [flag]) }
  }

  @Test(
    arguments: [
      [0xEF, 0xBB, 0xBF] + Array("epochs: 3\r\nmodel: a".utf8),
      [0xFF, 0xFE] + "epochs: 3\nmodel: a".utf8.flatMap { [$0, 0] },
    ] as [[UInt8]])
  func `byte order marks are read`(bytes: [UInt8]) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(bytes).write(to: file)
    #expect(try loader.load(file: file).epochs == 3)
    #expect(try loader.load(file: file).model == "a")
  }

  @Test(.timeLimit(.minutes(10))) func `pipes and folders are no configurations`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let pipe = folder.appending(path: "pipe.yaml")
    #expect(mkfifo(pipe.path, 0o600) == 0)
    #expect(throws: ConfigurationError.unreadable(file: pipe.relativePath, reason: "it is not a file")) {
      try loader.load(file: pipe)
    }
    #expect(throws: ConfigurationError.unreadable(file: folder.relativePath, reason: "it is a folder")) {
      try loader.load(file: folder)
    }
  }

  @Test(arguments: [String(repeating: "[", count: 100_000), String(repeating: "- ", count: 50_000)])
  func `deep nesting is refused in files and in overrides`(yaml: String) throws {
    #expect(refusal("model: " + yaml).count < 200)
    #expect(refusal("", "model=" + yaml).count < 200)
  }

  @Test func `all keys are listed`() {
    #expect(
      loader.keys.suffix(8) == [
        "optimizer", "optimizer.kind", "optimizer.learning_rate", "optimizer.weight_decay",
        "optimizer.gradient_norm", "distillation", "distillation.teacher", "distillation.loss_weight",
      ])
  }
}
