import SegmentationImage
import SegmentationModels
import Torch

extension Predictor {
  /// The network's name in the catalogue; empty if it has none.
  public var network: String { program?.network ?? model?.name ?? "" }

  /// The sizes of images that the network was compiled for; empty if it takes any size.
  public var sizes: [ImageSize] { program?.sizes ?? [] }

  /// The best class of each pixel of an image whose size the program does not have. The image is resized to the nearest
  /// size of the program, and the classes are those of the scores resized back. These are not stored: an image of 12
  /// million pixels and 19 classes would take 900 MB.
  func resizedClasses(of image: SourceImage, _ program: ProgramFile) throws -> Mask {
    let nearest = program.nearest(to: image.size)
    guard let engine = try compiled(for: nearest, output: .logits) else {
      throw EngineError.size(expected: nearest.description, found: image.size.description)
    }
    let input = try normalization.tensor(image)
    let resized = try catchingTorchErrors { input.upsampleBilinear2d(size: nearest, alignCorners: false) }
    return try engine.classes(of: resized, resizedTo: image.size)
  }
}
