import SegmentationData
import SegmentationTraining
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
