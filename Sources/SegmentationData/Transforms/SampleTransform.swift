import SegmentationImage

/// What becomes of one sample: where its image and labels are taken from, and how colors change.
package struct SampleTransform: Sendable {
  /// The changes drawn for one sample.
  package struct Plan {
    package var image: Placement
    package var labels: Placement
    package var colors: [ColorJitter.Adjustment]
  }

  private let geometry: [any GeometricTransform]
  private let jitter: ColorJitter?
  private let evaluationScale: Double
  let normalization: Normalization
  /// The size of all outputs; nil where it follows the image's.
  let outputSize: ImageSize?

  /// The augmentation of training samples.
  package static func training(_ options: AugmentationOptions) -> SampleTransform {
    SampleTransform(
      geometry: [
        Scale(factor: options.scale),
        RandomScale(range: options.scaleRange, probability: options.scaleProbability),
        Pad(size: options.cropSize),
        RandomCrop(size: options.cropSize),
        HorizontalFlip(probability: options.horizontalFlip),
        VerticalFlip(probability: options.verticalFlip),
      ],
      jitter: ColorJitter(
        brightness: options.brightness, contrast: options.contrast, saturation: options.saturation, hue: options.hue,
        probability: options.jitterProbability),
      evaluationScale: 1,
      normalization: Normalization(mean: options.mean, std: options.std),
      outputSize: options.cropSize)
  }

  /// Images in their own size times `scale`, masks in their own size.
  package static func evaluation(_ options: AugmentationOptions) -> SampleTransform {
    SampleTransform(
      geometry: [], jitter: nil, evaluationScale: options.scale,
      normalization: Normalization(mean: options.mean, std: options.std), outputSize: nil)
  }

  /// Draws what happens to a sample; the same numbers give the same plan.
  package func plan(for size: ImageSize, seed: UInt64, epoch: Int, index: Int) -> Plan {
    var image = Placement(source: size, scaled: size)
    guard let jitter else {
      let labels = image
      image.scale(by: evaluationScale)
      return Plan(image: image, labels: labels, colors: [])
    }
    for transform in geometry {
      var random = RandomStream(type(of: transform).name, seed: seed, epoch, index)
      transform.apply(to: &image, using: &random)
    }
    var random = RandomStream(ColorJitter.name, seed: seed, epoch, index)
    return Plan(image: image, labels: image, colors: jitter.draw(using: &random))
  }
}
