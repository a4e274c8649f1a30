import Foundation
import SegmentationModels
import SegmentationTraining
import Testing

/// The recipes in `configs`.
@Suite struct RecipeFilesTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "configs")
  static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
    $0.hasSuffix(".yaml")
  }.sorted()

  private func options(_ file: String) throws -> TrainingOptions {
    try ConfigurationLoader(defaults: TrainingOptions()).load(file: Self.folder.appending(path: file))
  }

  @Test func `each network family has its recipes`() {
    for family in Set(Architecture.realTime.map(\.family)) {
      for data in ["camvid", "cityscapes"] {
        #expect(Self.files.contains { $0.hasPrefix("\(data)-\(family)") }, "\(data), \(family)")
      }
    }
  }

  @Test(arguments: files)
  func `a recipe is a valid configuration`(file: String) throws { _ = try options(file) }

  /// The scores that these recipes quote were reached so, but for those whose text names the network's authors, whom they follow.
  @Test(arguments: files.filter { $0.hasPrefix("cityscapes-") })
  func `recipes that quote the reference's score follow it`(file: String) throws {
    let options = try options(file)
    let text = try String(contentsOf: Self.folder.appending(path: file), encoding: .utf8)
    guard !text.contains("authors") else { return }
    #expect(options.augmentation.scaleProbability == 0.5 && options.augmentation.jitterProbability == 0.5)
    #expect(options.augmentation.hue == 0.2 && options.augmentation.padding == .reflect)
    #expect(options.schedule.cycleMomentum)
    let model = try options.model.architecture().makeModel()
    #expect((options.model.backboneWeights != nil) == (model.pretrainable != nil))
  }
}
