import SegmentationData
import SegmentationTraining
import TestSupport
import Testing

@Suite struct AugmentationSectionTests {
  private let loader = ConfigurationLoader(defaults: TrainingOptions())

  @Test func aSectionIsOnIfItIsGiven() throws {
    let options = try loader.load(
      yaml: """
        augmentation:
          rotation: {degrees: 25}
          mosaic: {}
          padding: reflect
        data:
          rare_class_sampling: {}
        """, name: "run.yaml")
    #expect(options.augmentation.rotation?.degrees == 25 && options.augmentation.rotation?.probability == 0.5)
    #expect(options.augmentation.mosaic == Mosaic())
    #expect(options.augmentation.blur == nil && options.augmentation.padding == .reflect)
    #expect(options.data.rareClassSampling == RareClassSampling())
    #expect(try loader.load(yaml: loader.yaml(options), name: "again") == options)
  }

  @Test func wrongValuesAreNamedWithTheirLine() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try loader.load(yaml: "augmentation:\n  rotation:\n    degrees: 200\n", name: "run.yaml")
    }
    #expect(
      error?.description == "run.yaml:3: augmentation.rotation.degrees: expected an angle from 0 to 180, found 200.0")
    let unknown = #expect(throws: ConfigurationError.self) {
      try loader.load(yaml: "augmentation:\n  rotation:\n    angle: 20\n", name: "run.yaml")
    }
    #expect(unknown?.description.contains("unknown key 'augmentation.rotation.angle'") == true)
  }

  // One value of each section; the line is that of the value.
  @Test(arguments: [
    ("data.workers", "300", "0 to 256"), ("data.prefetch", "0", "1 to 64"),
    ("data.validation_share", "1.0", "a share above 0 and below 1, such as 0.1"),
    ("data.cache_gigabytes", "0.0", "a size above 0, at most 1000000"),
    ("data.rare_class_sampling.temperature", "0.0", "0.001 to 1000.0"),
    ("data.rare_class_sampling.minimum_pixels", "0", "1 to 1000000000"),
    ("augmentation.scale", "17.0", "a factor above 0, at most 16"),
    ("augmentation.scale_probability", "1.5", "a probability from 0 to 1"),
    ("augmentation.affine.translate", "2.0", "a part of the side from 0 to 1"),
    ("augmentation.rotation.probability", "-1.0", "a probability from 0 to 1"),
    ("augmentation.perspective.strength", "0.5", "a part of the side from 0 to 0.3"),
    ("augmentation.crop.category_share", "0.0", "a share above 0, at most 1"),
    ("augmentation.mosaic.probability", "2.0", "a probability from 0 to 1"),
    ("augmentation.copy_paste.rarest", "0", "1 to 255"),
    ("augmentation.photometric.brightness", "256.0", "an amount from 0 to 255"),
    ("augmentation.blur.probability", "2.0", "a probability from 0 to 1"),
    ("augmentation.cutout.count", "0", "1 to 1000"),
  ])
  func aBadValueOfEachSectionIsNamedWithFileLineAndKey(key: String, value: String, expected: String) {
    let parts = key.split(separator: ".")
    let yaml = parts.enumerated().map { index, part in
      String(repeating: "  ", count: index) + part + (index == parts.count - 1 ? ": \(value)" : ":")
    }
    let error = #expect(throws: ConfigurationError.self) {
      try loader.load(yaml: "epochs: 3\n" + yaml.joined(separator: "\n"), name: "run.yaml")
    }
    #expect(error?.description == "run.yaml:\(parts.count + 1): \(key): expected \(expected), found \(value)")
  }

  @Test func valuesThatNoFileGaveAreNamedByTheirKey() {
    var options = TrainingOptions()
    options.augmentation.copyPaste = CopyPaste()
    options.augmentation.copyPaste?.probability = 2
    #expect(
      message { try options.validateAll() }
        == "augmentation.copy_paste.probability: expected a probability from 0 to 1, found 2.0")
    options.augmentation.copyPaste = nil
    options.data.rareClassSampling = RareClassSampling()
    options.data.rareClassSampling?.minimumPixels = 0
    #expect(
      message { try options.validateAll() }
        == "data.rare_class_sampling.minimum_pixels: expected 1 to 1000000000, found 0")
  }

  @Test func aSingleKeyTurnsASectionOn() throws {
    let options = try loader.load(
      yaml: "", name: "none", overrides: [ConfigurationOverride(parsing: "augmentation.copy_paste.classes=[car, bus]")])
    #expect(options.augmentation.copyPaste?.classes == ["car", "bus"])
    let off = try loader.load(
      yaml: "augmentation: {blur: {sigma: [1, 2]}}", name: "on",
      overrides: [ConfigurationOverride(parsing: "augmentation.blur=null")])
    #expect(off.augmentation.blur == nil)
  }
}
