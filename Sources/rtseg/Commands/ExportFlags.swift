import ArgumentParser
import Files
import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationModels
import Torch

/// The options that say what an exported file takes and gives.
struct ExportFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp("The size of images in pixels. (default: 512x1024)", valueName: "HEIGHTxWIDTH"))
  var size: ImageSize?
  @Flag(help: "Let the file take images of other sizes, too, those that the network's size rule allows.")
  var dynamic = false
  @Option(help: ArgumentHelp("The number of images of a batch. (default: 1)", valueName: "n")) var batchSize: Int?
  @Flag(help: "Let the file take batches of any number of images.") var dynamicBatch = false
  @Option(
    help: """
      The form of the images: float32-nchw, float32 [N, 3, H, W]; or uint8-nhwc, the bytes of pixels [N, H, W, 3], which \
      the file normalizes. (default: float32-nchw)
      """)
  var input: ExportOptions.Input?
  @Flag(help: "Let the file take pixels from 0 to 255 and normalize them by the checkpoint's mean and std.")
  var normalize = false
  @Option(
    help: """
      The result: logits, the class scores; probabilities, their softmax; or classes, the best class of each pixel as \
      uint8. (default: logits)
      """)
  var outputKind: ExportOptions.Output?
  @Flag(
    inversion: .prefixedNo,
    help: "Fold batch normalization into the convolutions before it, or keep it as operators of its own.")
  var foldBatchNorm = true
  @Option(
    help: ArgumentHelp(
      "The version of ONNX's operators, from \(ExportOptions.opsets.lowerBound) to \(ExportOptions.opsets.upperBound). (default: 17)",
      valueName: "n"))
  var opset: Int?
  @Option(help: "The numeric precision: float32 or, in ONNX files, int8. int8 needs --calibration.")
  var precision = Precision.float32

  func validate() throws {
    try checkOption("size", size, in: 1...16384)
    try checkOption("batch-size", batchSize, in: 1...1024)
    try checkOption("opset", opset, in: ExportOptions.opsets)
    try refuseOption(
      precision != .float32 && precision != .int8, "--precision: an exported network has float32 or int8")
    try refuseOption(
      dynamicBatch && batchSize != nil, "--dynamic-batch is for any number of images: leave --batch-size out")
    let isPlain = batchSize ?? 1 == 1 && !dynamicBatch && foldBatchNorm
    try refuseOption(
      precision == .int8 && !isPlain,
      "--precision int8 is for batches of one image, with batch normalization folded into the convolutions")
  }

  /// Refuses the options that a format has no use for.
  func check(_ format: ExportFormat) throws {
    let name = format.rawValue
    try refuseOption(format != .onnx && opset != nil, "--opset is for --format onnx")
    try refuseOption(format != .onnx && precision == .int8, "--precision int8 is for --format onnx")
    guard format == .safetensors else { return }
    for (option, isGiven) in [
      ("--size", size != nil), ("--dynamic", dynamic), ("--batch-size", batchSize != nil),
      ("--dynamic-batch", dynamicBatch), ("--input", input != nil), ("--normalize", normalize),
      ("--output-kind", outputKind != nil), ("--no-fold-batch-norm", !foldBatchNorm),
    ] {
      try refuseOption(
        isGiven, "\(option) is for files that run: leave it out for --format \(name), which holds weights")
    }
  }

  var options: ExportOptions {
    var options = ExportOptions(size: size ?? ImageSize(height: 512, width: 1024))
    options.batch = batchSize ?? 1
    options.hasDynamicSize = dynamic
    options.hasDynamicBatch = dynamicBatch
    options.input = input ?? .float32
    options.normalizes = normalize
    options.output = outputKind ?? .logits
    options.foldsBatchNorm = foldBatchNorm
    options.opset = opset ?? 17
    options.precision = precision
    return options
  }
}

extension ExportOptions.Input: ExpressibleByArgument {}
extension ExportOptions.Output: ExpressibleByArgument {}
extension ExportFormat: ExpressibleByArgument {}
