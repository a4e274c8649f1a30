import Foundation
import SegmentationImage
import SegmentationModels
import Torch

extension Predictor: ImageLabeller {
  /// The type of the images' values.
  public var pixelType: PixelType { normalization.type }
  /// The mean that is subtracted from each channel, on the scale from 0 to 1.
  public var mean: [Double] { normalization.mean }
  /// The number that each channel is then divided by, on the scale from 0 to 1.
  public var std: [Double] { normalization.std }

  /// Labels the image in a file as `inference` says.
  /// - Parameters:
  ///   - orientation: Whether the image is turned upright as its EXIF orientation says.
  ///   - wantsConfidence: Whether the probability of each pixel's class is wanted too.
  /// - Throws: `ImageError` for a file that cannot be read; `TorchError`, `EngineError`.
  public func label(
    contentsOf file: URL, orientation: ExifOrientation = .apply, wantsConfidence: Bool = false
  ) throws -> SegmentedImage {
    let image = try SourceImage(contentsOf: file, for: normalization, orientation: orientation)
    return try label([image], wantsConfidence: wantsConfidence)[0]
  }

  /// Labels an image as `inference` says.
  /// - Throws: `TorchError`, `EngineError`: the memory does not suffice, for example.
  public func label(_ image: Image, wantsConfidence: Bool = false) throws -> SegmentedImage {
    try label([image], wantsConfidence: wantsConfidence)[0]
  }

  /// Labels an image of other channels or values than 8-bit RGB as `inference` says. The result shows its first channels
  /// as a picture.
  /// - Throws: `TorchError`, `EngineError`: the memory does not suffice, for example.
  public func label(_ raster: Raster, wantsConfidence: Bool = false) throws -> SegmentedImage {
    try label([.raster(raster)], wantsConfidence: wantsConfidence)[0]
  }

  /// Labels images of one size, each as `inference` says. Several at once are faster where libtorch computes.
  /// - Throws: `TorchError`, `EngineError`: the memory does not suffice, for example.
  public func label(_ images: [Image], wantsConfidence: Bool = false) throws -> [SegmentedImage] {
    try label(images.map { SourceImage.rgb($0) }, wantsConfidence: wantsConfidence)
  }

  /// Labels images of one size, each as `inference` says.
  /// - Throws: `TorchError`, `EngineError`: the memory does not suffice, for example.
  package func label(_ images: [SourceImage], wantsConfidence: Bool) throws -> [SegmentedImage] {
    for image in images { try check(image) }
    guard let first = images.first else { return [] }
    precondition(images.allSatisfy { $0.size == first.size }, "images that are labelled together have one size")
    let size = first.size
    let inference = fitting(size, count: images.count)
    if inference.isPlain, !wantsConfidence, let engine = try compiledForImages(size, count: images.count) {
      return try images.map {
        SegmentedImage(image: $0.picture, classes: try engine.classes(of: $0), confidence: nil, palette: palette)
      }
    }
    if inference.isPlain, !wantsConfidence, let program, !program.sizes.contains(size) {
      return try images.map {
        SegmentedImage(
          image: $0.picture, classes: try resizedClasses(of: $0, program), confidence: nil, palette: palette)
      }
    }
    var classes = [[UInt8]](repeating: [], count: images.count)
    var confidence = classes
    try catchingTorchErrors {
      try withoutGradients {
        try inference.forEachBand(
          of: size, input: { try normalization.tensor(images, $0).to(device: device) }, network: scores
        ) { _, scores in
          let (found, sure) = try catchingTorchErrors {
            let best = scores.maxWithIndices(dimension: 1)
            let probability = inference.givesProbabilities ? best.values : scores.softmax(dimension: 1).max([1])
            return (
              best.indices.to(dtype: .uint8, device: .cpu),
              wantsConfidence ? (probability * 255).round().to(dtype: .uint8, device: .cpu) : nil
            )
          }
          for index in images.indices {
            classes[index] += found.select(index, dimension: 0).elements(UInt8.self)
            if let sure { confidence[index] += sure.select(index, dimension: 0).elements(UInt8.self) }
          }
        }
      }
    }
    func mask(_ values: [UInt8]) -> Mask { Mask(height: size.height, width: size.width, values: values) }
    return images.indices.map {
      SegmentedImage(
        image: images[$0].picture, classes: mask(classes[$0]), confidence: wantsConfidence ? mask(confidence[$0]) : nil,
        palette: palette)
    }
  }

  /// The best class of each pixel of normalized images as `inference` says: [N, C, H, W] in, integers [N, h, w] out, with
  /// the classes' probabilities if they are wanted.
  /// - Parameter size: h and w; scores of another size are resized to it.
  /// - Throws: `TorchError`, `EngineError`.
  public func label(
    _ images: Tensor, size: ImageSize, wantsConfidence: Bool
  ) throws -> (classes: Tensor, confidence: Tensor?) {
    let inference = fitting(images.spatialSize, count: images.size(0))
    if inference.isPlain, !wantsConfidence { return (try classes(of: images, size: size), nil) }
    return try catchingTorchErrors {
      try withoutGradients {
        try inference.label(
          images.to(device: device), size: size, wantsConfidence: wantsConfidence, network: scores)
      }
    }
  }
}
