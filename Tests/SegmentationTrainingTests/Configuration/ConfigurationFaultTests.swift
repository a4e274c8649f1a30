import Foundation
import SegmentationTraining
import TestSupport
import Testing

@Suite struct ConfigurationFaultTests {
  private func faults(_ yaml: String) throws -> [String] {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "config.yaml")
      try Data(yaml.utf8).write(to: file)
      return ConfigurationLoader(defaults: TrainingOptions()).faults(in: file)
        .map { "\($0)".replacing("\(file.relativePath):", with: "") }
    }
  }

  @Test func allFaultsOfAFileAreFound() throws {
    let found = try faults(
      """
      epochs: many
      batch_size: 0
      optimizer:
        learning_rat: 0.1
        momentum: 2
        kind: sgdd
      objective: {terms: [dice, {loss: dice, smoth: 1}]}
      augmentation:
        affine: {shear: 90}
      """)
    #expect(found.count == 7)
    for part in [
      "1: epochs: expected an integer, found 'many'", "2: batch_size: expected 1 to 65536, found 0",
      "4: unknown key 'optimizer.learning_rat'; did you mean 'optimizer.learning_rate'?",
      "5: optimizer.momentum: expected at least 0 and below 1, found 2.0",
      "6: optimizer.kind: expected one of sgd, adam, adamw, found 'sgdd'", "7: objective.terms[1].smoth:",
      "augmentation.affine.shear: expected an angle from 0 to 40, found 90.0",
    ] { #expect(found.contains { $0.contains(part) }, "\(part) in \(found)") }
  }

  @Test func aGoodFileHasNoFaults() throws {
    #expect(try faults("epochs: 3\noptimizer: {kind: adamw}\n").isEmpty)
    #expect(try faults("").isEmpty)
  }

  @Test func faultsThatConcernTheWholeFileEndTheList() throws {
    #expect(try faults("epochs: [").count == 1)
    #expect(try faults("- a\n- b\n").count == 1)
    let missing = ConfigurationLoader(defaults: TrainingOptions()).faults(in: URL(filePath: "/no/such/file.yaml"))
    #expect(missing.count == 1)
  }

  @Test func aFaultBetweenTwoKeysIsToldOnce() throws {
    #expect(try faults("validation: {enabled: false}\naveraging: {enabled: true}\nepochs: 0\n").count == 2)
  }
}
