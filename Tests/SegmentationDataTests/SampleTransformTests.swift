import Foundation
import SegmentationData
import SegmentationImage
import Testing

@Suite struct SampleTransformTests {
  static let source = ImageSize(height: 360, width: 480)

  static func options(_ change: (inout AugmentationOptions) -> Void = { _ in }) -> AugmentationOptions {
    var options = AugmentationOptions()
    options.cropSize = ImageSize(height: 200, width: 300)
    options.scaleRange = -0.5...1
    options.verticalFlip = 0.25
    options.brightness = 0.5
    change(&options)
    return options
  }

  private func plans(_ options: AugmentationOptions, count: Int = 400) -> [SampleTransform.Plan] {
    (0..<count).map { SampleTransform.training(options).plan(for: Self.source, seed: 7, epoch: 1, index: $0) }
  }

  @Test func scalesWithinTheRangeAndCropsEverywhere() {
    let plans = plans(Self.options())
    for plan in plans {
      #expect(plan.image == plan.labels)
      #expect(plan.image.window == ImageSize(height: 200, width: 300))
      #expect((180...720).contains(plan.image.scaled.height))
      // Larger than the crop: inside. Smaller: evenly padded.
      let (y, height) = (plan.image.y, plan.image.scaled.height)
      #expect(height >= 200 ? (0...height - 200).contains(y) : y == -((200 - height) / 2))
    }
    let heights = plans.map { Double($0.image.scaled.height) / 360 }
    #expect(abs(heights.reduce(0, +) / 400 - 1.25) < 0.06)
    #expect(heights.min()! < 0.52 && heights.max()! > 1.98)
    #expect(abs(plans.filter(\.image.flipsHorizontally).count - 200) < 50)
    #expect(abs(plans.filter(\.image.flipsVertically).count - 100) < 40)
  }

  @Test func roundsSidesDownAsAlbumentationsDoes() {
    // albumentations: int(360 * 0.7), int(480 * 0.7), then int(. * 1.35)
    let plan = plans(Self.options { ($0.scale, $0.scaleRange) = (0.7, 0.35...0.35) })[0]
    #expect(plan.image.scaled == ImageSize(height: 338, width: 453))
  }

  @Test func transformsDoNotMoveEachOthersNumbers() {
    let before = plans(Self.options())
    let after = plans(Self.options { ($0.brightness, $0.verticalFlip, $0.horizontalFlip) = (0.1, 1, 0) })
    for (first, second) in zip(before, after) {
      #expect(first.image.scaled == second.image.scaled)
      #expect(first.image.x == second.image.x && first.image.y == second.image.y)
    }
    let otherEpoch = SampleTransform.training(Self.options()).plan(for: Self.source, seed: 7, epoch: 2, index: 0)
    #expect(otherEpoch.image != before[0].image)
  }

  @Test func scaleHappensWithItsProbability() {
    let plans = plans(Self.options { $0.scaleProbability = 0.5 })
    #expect(abs(plans.filter { $0.image.scaled == Self.source }.count - 200) < 50)
  }

  @Test func evaluationScalesImagesOnly() {
    let plan = SampleTransform.evaluation(Self.options { $0.scale = 0.5 })
      .plan(for: Self.source, seed: 1, epoch: 0, index: 0)
    #expect(plan.image.window == ImageSize(height: 180, width: 240))
    #expect(plan.labels.window == Self.source)
    #expect(plan.colors.isEmpty)
  }

  @Test func optionsAreCheckedByKey() throws {
    func message(_ change: (inout AugmentationOptions) -> Void) -> String? {
      do { try Self.options(change).validate() } catch { return error.description }
      return nil
    }
    #expect(message { _ in } == nil)
    #expect(message { $0.scaleRange = -1...0 }?.hasPrefix("scale_range: expected") == true)
    #expect(message { $0.hue = 0.6 }?.hasPrefix("hue: expected") == true)
    #expect(message { $0.horizontalFlip = 2 }?.contains("found 2.0") == true)
    for bad in [
      [1, 0, 1], [1, -1, 1], [1, .leastNonzeroMagnitude, 1], [1, .nan, 1], [1, .infinity, 1], [],
    ] {
      #expect(message { $0.std = bad }?.hasPrefix("std: expected values from 0.000001") == true)
    }
    for bad in [[0, 1e308, 0], [0, .nan, 0], []] {
      #expect(message { $0.mean = bad }?.hasPrefix("mean: expected values from") == true)
    }
    #expect(
      message { $0.cropSize = ImageSize(height: 1 << 62, width: 8) }?.hasPrefix(
        "crop_size: expected sides") == true)
    let options = Self.options()
    #expect(try JSONDecoder().decode(AugmentationOptions.self, from: JSONEncoder().encode(options)) == options)
  }
}
