import ArgumentParser
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import Torch

/// How a network is applied to each image.
struct InferenceFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The factors by which images are resized before the network sees them, separated by commas, such as 0.5,1,2. \
      The probabilities of several scales are averaged, and results keep the size of the images. (default: 1)
      """, valueName: "list"))
  var scale: String?
  @Flag(help: "Also label each image mirrored from left to right, and average the probabilities.") var flip = false
  @Flag(
    help: """
      Test-time augmentation: --flip at the scales 0.5, 0.75, 1, 1.25, 1.5 and 1.75, or at those of --scale.
      """)
  var tta = false
  @Option(
    help: ArgumentHelp(
      """
      Label images in overlapping tiles of this size in pixels. By default the network sees whole images, or tiles if an \
      image needs too much memory.
      """, valueName: "HEIGHTxWIDTH"))
  var tile: ImageSize?
  @Option(
    help: ArgumentHelp(
      """
      The share of a tile's side that neighbouring tiles have in common, from 0 to 0.9. (default: \
      \(ValidationOptions().overlap))
      """, valueName: "share"))
  var overlap: Double?
  @Option(
    help: """
      The weight of a tile's pixels where tiles overlap: gaussian (most in the middle) or uniform. (default: \
      \(ValidationOptions().blend.rawValue))
      """)
  var blend: InferenceProtocol.Blend?

  func validate() throws {
    try checkOption("tile", tile, in: 16...16384)
    try checkOption("overlap", overlap, in: 0...0.9)
    try refuseOption(tta && flip, "--flip is a part of --tta: give one of them")
    if scale != nil { _ = try scales() }
  }

  private func scales() throws -> [Double] {
    guard let scale else { return tta ? InferenceProtocol.manyScales : [1] }
    let texts = scale.split(separator: ",", omittingEmptySubsequences: false)
    let values = texts.compactMap { Double($0) }
    guard values.count == texts.count, (1...20).contains(values.count), values.allSatisfy((0.1...8).contains),
      Set(values).count == values.count
    else {
      throw ValidationError(
        "--scale: expected up to 20 different factors from 0.1 to 8, such as 0.5,1,2, found \(scale)")
    }
    return values
  }

  /// Puts what was given in place of a run's own options.
  func apply(to options: inout ValidationOptions) throws {
    if scale != nil || tta { options.scales = try scales() }
    if flip || tta { options.flip = true }
    if let tile { options.tile = tile }
    if let overlap { options.overlap = overlap }
    if let blend { options.blend = blend }
    try refuseOption(
      options.tile == nil && (overlap != nil || blend != nil), "--overlap and --blend are for tiles: add --tile")
  }

  /// The protocol that the flags give.
  func inference() throws -> InferenceProtocol {
    var options = ValidationOptions()
    try apply(to: &options)
    return options.inference
  }
}

extension InferenceProtocol.Blend: ExpressibleByArgument {}
