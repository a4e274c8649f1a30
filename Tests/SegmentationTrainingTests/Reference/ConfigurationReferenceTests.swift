import Foundation
import SegmentationTraining
import Testing

@Suite struct ConfigurationReferenceTests {
  /// scripts/configuration-reference sets it, so that the files are written and not only compared.
  private static let writes = ProcessInfo.processInfo.environment["RTSEG_WRITE_REFERENCE"] != nil

  @Test func theReferenceIsMadeFromTheDocumentationAsItIsNow() throws {
    let texts = try ReferenceFiles.texts()
    let ranges = OptionReference(meanings: texts).findRanges()
    for (file, text) in [
      (ReferenceFiles.meanings, ReferenceFiles.swift(texts, ranges: ranges)),
      (ReferenceFiles.page, ReferencePage(reference: OptionReference(meanings: texts, ranges: ranges)).text),
    ] {
      if Self.writes { try Data(text.utf8).write(to: file) }
      let isCurrent = try String(contentsOf: file, encoding: .utf8) == text
      #expect(isCurrent, "\(file.lastPathComponent) is out of date: run scripts/configuration-reference")
    }
  }

  @Test func everyKeyAndEveryChoiceHasAMeaningInWholeSentences() throws {
    let texts = try ReferenceFiles.texts()
    for name in OptionReference(meanings: [:]).declarations.sorted() {
      let text = texts[name] ?? ""
      #expect(
        text.hasSuffix(".") || text.contains("https://"),
        "\(name) needs a documentation comment that is a sentence: '\(text)'")
      let first = text.prefix { $0 != " " }
      #expect(!["Of", "What", "Those", "That", "Where"].contains(String(first)), "\(name): \(text)")
      #expect(text.first.map { !$0.isLowercase } ?? false, "\(name): \(text)")
    }
  }

  @Test func theReferenceHasEveryKeyThatAFileMayHave() {
    let keys = ConfigurationLoader(defaults: TrainingOptions()).keys
    #expect(OptionReference.training.entries.map(\.key) == keys)
    #expect(keys.count > 130)
  }

  @Test func keysOfDailyUseExist() {
    let reference = OptionReference.training
    for key in OptionReference.dailyKeys { #expect(reference[key]?.isSection == false, "\(key)") }
    #expect(Set(OptionReference.dailyKeys).count == OptionReference.dailyKeys.count)
  }

  @Test func elementsOfListsHaveTheKeysThatTheyRead() {
    for element in OptionReference.training.elements where element.list == "objective.terms" {
      let kind = LossTerm.kinds.first { $0.name == element.name }
      #expect(element.entries.map(\.key).sorted() == kind?.keys.sorted(), "\(element.name)")
    }
    let rule = OptionReference.training.elements.first { $0.name == "rule" }
    #expect(rule?.entries.map(\.key) == ["pattern", "learning_rate_factor", "weight_decay_factor"])
  }

  @Test(arguments: [
    ("epochs", "1 to 1000000"), ("data.workers", "0 to 256"), ("optimizer.momentum", "at least 0 and below 1"),
    ("validation.overlap", "0 to 0.9"), ("augmentation.affine.probability", "a probability from 0 to 1"),
    ("augmentation.crop_size", "sides from 1 to 16384"),
  ])
  func rangesComeFromTheOptionsOwnCheck(key: String, range: String) throws {
    #expect(OptionReference.training[key]?.range == range)
  }

  @Test func aKeyTakesWhatItsDefaultIs() throws {
    let reference = OptionReference.training
    #expect(reference["amp"]?.choices.map(\.value) == ["float32", "bfloat16", "float16"])
    #expect(reference["amp"]?.shownDefault == "float32")
    #expect(reference["data.cache"]?.shownDefault == "off" && reference["data.root"]?.shownDefault == nil)
    #expect(reference["augmentation.affine"]?.defaultValue == "null")
    #expect(reference["model.auxiliary"]?.values == "true, false, or null")
    #expect(reference["stopping.patience"]?.values == "an integer, 1 or more, or null")
  }

  @Test func theAnnotatedConfigurationIsTheDefaults() throws {
    let loader = ConfigurationLoader(defaults: TrainingOptions())
    for entries in [
      OptionReference.training.entries, OptionReference.dailyKeys.map { OptionReference.training[$0]! },
    ] {
      let yaml = OptionReference.training.annotatedYAML(entries)
      #expect(try loader.load(yaml: yaml, name: "reference") == TrainingOptions())
      let widest = yaml.split(separator: "\n").filter { $0.contains("# ") }.map(\.count).max()
      #expect(widest! <= 100)
    }
  }

  @Test func sectionsThatAreOffAreCommentsThatCanBeUncommented() throws {
    let entries = try OptionReference.training.entries(named: "augmentation.affine")
    let yaml = OptionReference.training.annotatedYAML(entries)
    let on = yaml.replacing("  affine: null\n", with: "").replacing("  # affine:", with: "  affine:")
      .replacing("  #   ", with: "    ").split(separator: "\n").filter { !$0.contains(/^    [A-Z`]/) }
    let text = on.joined(separator: "\n")
    let options = try ConfigurationLoader(defaults: TrainingOptions()).load(yaml: text, name: "on")
    #expect(options.augmentation.affine == .init(), "\(text)")
  }

  @Test func keysAreFoundByNameSectionOrPart() throws {
    let reference = OptionReference.training
    #expect(try reference.entries(named: "epochs").map(\.key) == ["epochs"])
    #expect(try reference.entries(named: "stopping").map(\.key).contains("stopping.patience"))
    #expect(try reference.entries(named: "flip").map(\.key).contains("augmentation.vertical_flip"))
    #expect(throws: ConfigurationError.self) { try reference.entries(named: "optimizer.momentun") }
    do { _ = try reference.entries(named: "optimizer.momentun") } catch {
      #expect("\(error)" == "optimizer.momentun: there is no such key; did you mean 'optimizer.momentum'?")
    }
  }
}
