import ArgumentParser
import Files
import Foundation
import SegmentationData
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationTraining
import Torch

/// The options of the comparison of an exported file with the network.
struct VerificationFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      An image or a folder of images on which the file is run and compared with the network before it is written. Up to 16 \
      of them are used.
      """, valueName: "path"), completion: .file())
  var verify: String?
  @Option(
    help: ArgumentHelp(
      """
      The folder of the data set of --dataset. If it has masks for the images of --verify, the mean IoU of the file and of \
      the network are printed, too.
      """, valueName: "folder"), completion: .directory)
  var dataRoot: String?

  /// Refuses what has no effect.
  func check(_ format: ExportFormat, dataset: String?) throws {
    try refuseOption(
      verify != nil && format == .safetensors, "--verify is for files that run: leave it out for --format safetensors")
    try refuseOption(
      dataRoot != nil && (verify == nil || dataset == nil), "--data-root is for --verify with --dataset: give both")
  }

  /// The images to verify with; none if there is no `--verify`.
  func imageFiles() throws -> [String] {
    guard let verify else { return [] }
    guard FileSystem.exists(verify) else {
      throw CommandError("--verify: \(verify.printable()): no such file or folder")
    }
    let files = try FileSystem.isFolder(verify) ? Calibration.imageFiles(in: verify) : [verify]
    guard !files.isEmpty else {
      throw CommandError("--verify: \(verify.printable()) has no image (\(ImageFormat.list("or")))")
    }
    let count = min(files.count, 16)
    return (0..<count).map { files[$0 * files.count / count] }
  }

  /// Reads the images; nil if there is no `--verify`.
  func read() throws -> [(file: String, image: Image)]? {
    guard verify != nil else { return nil }
    return try imageFiles().map { ($0, try Image(contentsOf: URL(filePath: $0))) }
  }

  /// Runs the file and returns what to print.
  /// - Parameter leastAgreement: The share of pixels that must have the same class in int8; nil for float32.
  /// - Throws: `ExchangeError` if nothing can run the file or it computes something else than the network.
  func compare(
    _ export: NetworkExport, _ network: ExportedNetwork, _ options: ExportOptions,
    _ images: [(file: String, image: Image)], dataset: String?, leastAgreement: Double?
  ) throws -> String {
    let outcome = try ExportVerifier(network, options, images: images.map(\.image)).run(export)
    try outcome.comparison.check(leastAgreement: leastAgreement)
    let count = outcome.comparison.images
    let line = "\(outcome.program), \(count) image\(count == 1 ? "" : "s"): \(outcome.comparison)"
    guard let dataset, dataRoot != nil || FileSystem.exists(dataset) else { return line }
    let scores = try VerificationScores(dataset: dataset, root: dataRoot)
      .line(images.map(\.file), outcome.classes)
    return ([line] + [scores].compactMap { $0 }).joined(separator: "\n")
  }
}
