import SegmentationImage

/// The transform of samples: it decides which window of image and mask is taken and how colors change.
package struct SampleTransform: Sendable {
  /// The changes that were drawn for a sample.
  package struct Plan {
    package var image: Placement
    package var labels: Placement
    /// The crops to try, in order, if the first one is refused.
    package var furtherCrops: [Placement] = []
    package var colors: [ColorJitter.Adjustment] = []
  }

  /// The changes that are applied after the color jitter.
  package struct Effects: Equatable {
    package var photometric: [PhotometricDistortion.Change] = []
    /// The standard deviation of the blur in pixels; `nil` for none.
    package var blur: Double?
    package var holes: [PixelRectangle] = []

    var isEmpty: Bool { photometric.isEmpty && blur == nil && holes.isEmpty }
  }

  let options: AugmentationOptions
  private let isTraining: Bool
  /// The classes that `copy_paste` pastes, with their samples; `nil` if it is off.
  var pasted: CopyPaste.Source?
  let normalization: Normalization

  private init(_ options: AugmentationOptions, _ pixelType: PixelType, isTraining: Bool) {
    self.options = options
    self.isTraining = isTraining
    normalization = Normalization(mean: options.mean, std: options.std, type: pixelType)
  }

  /// The transform of training samples, with augmentation.
  package static func training(_ options: AugmentationOptions, pixelType: PixelType = .uint8) -> SampleTransform {
    SampleTransform(options, pixelType, isTraining: true)
  }

  /// The transform of validation samples: images in their own size times `scale`, masks in their own size.
  package static func evaluation(_ options: AugmentationOptions, pixelType: PixelType = .uint8) -> SampleTransform {
    SampleTransform(options, pixelType, isTraining: false)
  }

  /// The size of all outputs; `nil` if it follows the image's size.
  var outputSize: ImageSize? { isTraining ? options.cropSize : nil }

  /// The changes of geometry that are made before the crop.
  private var beforeCrop: [any GeometricTransform] {
    var transforms: [any GeometricTransform] = [
      Scale(factor: options.scale),
      RandomScale(range: options.scaleRange, probability: options.scaleProbability),
    ]
    if let affine = options.affine { transforms.append(affine) }
    if let rotation = options.rotation { transforms.append(rotation) }
    if let perspective = options.perspective { transforms.append(perspective) }
    return transforms
  }

  private var afterCrop: [any GeometricTransform] {
    [
      HorizontalFlip(probability: options.horizontalFlip),
      VerticalFlip(probability: options.verticalFlip),
    ]
  }

  /// Draws the changes of a sample. The same arguments give the same plan.
  /// - Parameters:
  ///   - window: The size of the crop; `nil` for the size of training images.
  ///   - part: The number of this sample among those that make up a training image; 0 is the image's own sample.
  ///   - tries: The number of crops to draw.
  package func plan(
    for size: ImageSize, window: ImageSize? = nil, seed: UInt64, epoch: Int, index: Int, part: Int = 0, tries: Int = 1
  ) -> Plan {
    var placement = Placement(source: size, scaled: size)
    guard isTraining else {
      let labels = placement
      placement.scale(by: options.scale)
      return Plan(image: placement, labels: labels)
    }
    func stream(_ name: String) -> RandomStream {
      part == 0 ? RandomStream(name, seed: seed, epoch, index) : RandomStream(name, seed: seed, epoch, index, part)
    }
    func apply(_ transform: any GeometricTransform, to placement: inout Placement) {
      var random = stream(type(of: transform).name)
      transform.apply(to: &placement, using: &random)
    }
    placement.padding = options.padding
    for transform in beforeCrop { apply(transform, to: &placement) }
    let window = window ?? options.cropSize
    apply(Pad(size: window), to: &placement)
    var random = stream(RandomCrop.name)
    var crops: [Placement] = []
    for _ in 0..<max(1, tries) {
      var crop = placement
      RandomCrop(size: window).apply(to: &crop, using: &random)
      for transform in afterCrop { apply(transform, to: &crop) }
      if !crops.contains(crop) { crops.append(crop) }
    }
    return Plan(
      image: crops[0], labels: crops[0], furtherCrops: Array(crops.dropFirst()),
      colors: part == 0 ? colors(seed: seed, epoch: epoch, index: index) : [])
  }

  /// Draws the changes of a training image's colors.
  func colors(seed: UInt64, epoch: Int, index: Int) -> [ColorJitter.Adjustment] {
    guard isTraining else { return [] }
    let jitter = ColorJitter(
      brightness: options.brightness, contrast: options.contrast, saturation: options.saturation, hue: options.hue,
      probability: options.jitterProbability)
    var random = RandomStream(ColorJitter.name, seed: seed, epoch, index)
    return jitter.draw(using: &random)
  }

  /// Draws the changes that are applied after the color jitter.
  package func effects(seed: UInt64, epoch: Int, index: Int) -> Effects {
    var effects = Effects()
    guard isTraining else { return effects }
    if let photometric = options.photometric {
      var random = RandomStream(PhotometricDistortion.name, seed: seed, epoch, index)
      effects.photometric = photometric.draw(using: &random)
    }
    if let blur = options.blur {
      var random = RandomStream(GaussianBlur.name, seed: seed, epoch, index)
      effects.blur = blur.draw(using: &random)
    }
    if let cutout = options.cutout {
      var random = RandomStream(CutOut.name, seed: seed, epoch, index)
      effects.holes = cutout.draw(in: options.cropSize, using: &random)
    }
    return effects
  }

  /// Draws the samples that make up a training image together with sample `index`. For most images there are none.
  package func mosaic(count: Int, seed: UInt64, epoch: Int, index: Int) -> [Mosaic.Tile] {
    guard isTraining, let mosaic = options.mosaic else { return [] }
    var random = RandomStream(Mosaic.name, seed: seed, epoch, index)
    return mosaic.draw(in: options.cropSize, index: index, count: count, using: &random)
  }

  /// Draws the sample to paste from; `nil` for none.
  func pastedSample(seed: UInt64, epoch: Int, index: Int) -> Int? {
    guard isTraining, let copyPaste = options.copyPaste, let pasted else { return nil }
    var random = RandomStream(CopyPaste.name, seed: seed, epoch, index)
    return copyPaste.draw(from: pasted, using: &random)
  }
}
