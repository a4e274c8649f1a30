import Basics
import Foundation
import SegmentationImage
import SegmentationModels

/// A description of a compiled network, for people and for other programs.
package struct ProgramDescription: Codable {
  /// A class of the network.
  package struct Class: Codable {
    package let name: String
    /// Red, green and blue.
    package let color: [UInt8]
  }

  package let network: String
  package let precision: String
  /// The share of the calibration images' pixels that have the same class in int8 as in float32; `nil` for other
  /// precisions.
  package let agreement: Double?
  /// The sizes of images in pixels, [height, width].
  package let sizes: [[Int]]
  package let operators: Int
  package let weightBytes: Int
  /// The type of images' values.
  package let pixelType: String
  package let mean: [Double]
  package let std: [Double]
  package let classes: [Class]
  /// The SHA-256 of the checkpoint's bytes; empty if the weights came from no file.
  package let checkpoint: String
  /// The version of RTSeg that wrote the file.
  package let producer: String

  package init(_ file: ProgramFile) {
    network = file.network
    precision = file.precision.rawValue
    agreement = file.agreement
    sizes = file.sizes.map { [$0.height, $0.width] }
    operators = file.operatorCount
    weightBytes = file.weightBytes
    pixelType = file.normalization.type.rawValue
    (mean, std) = (file.normalization.mean, file.normalization.std)
    classes = file.classes.map { Class(name: $0.name, color: [$0.color.red, $0.color.green, $0.color.blue]) }
    checkpoint = file.checkpoint
    producer = file.producer
  }

  /// One line for each fact.
  package var text: String {
    func list(_ values: [Double]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
    let agreed =
      agreement.map { String(format: ", with float32's class at %.2f %% of the calibration's pixels", $0 * 100) } ?? ""
    let facts: [(String, String)] = [
      ("network", network.isEmpty ? "unknown" : network),
      ("precision", precision + agreed),
      ("images", mean.count == 3 && pixelType == "uint8" ? "RGB" : "\(mean.count) channels of \(pixelType)"),
      ("image sizes", sizes.map { "\($0[0])x\($0[1])" }.joined(separator: ", ")), ("operators", "\(operators)"),
      ("weights", "\(weightBytes) bytes"), ("mean", list(mean)), ("std", list(std)),
      ("classes", classes.isEmpty ? "unknown" : "\(classes.count): " + classes.map(\.name).joined(separator: ", ")),
      ("checkpoint", checkpoint.isEmpty ? "unknown" : "SHA-256 \(checkpoint)"), ("written by", "rtseg \(producer)"),
    ]
    return facts.map { "\($0.0):".padding(to: 13) + "\($0.1.printable(limit: 4096))\n" }.joined()
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
