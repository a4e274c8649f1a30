import ArgumentParser
import Files
import Foundation
import SegmentationInference
import Torch

/// The options of the images from which int8 learns its scales.
struct CalibrationFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A folder of typical images, from which --precision int8 learns its scales. Up to 32 of them are used.
      """, valueName: "folder"), completion: .directory)
  var calibration: String?
  @Option(
    help: ArgumentHelp(
      """
      The share of the calibration pixels that must get the same class in int8 as in float32, from 0 to 1. Lower is faster. \
      (default: 0.99)
      """, valueName: "share"))
  var agreement: Double?

  func validate() throws { try checkOption("agreement", agreement, in: 0...1) }

  var agreementOrDefault: Double { agreement ?? 0.99 }

  /// Refuses the options if nothing is computed in int8, and int8 without a folder.
  /// - Parameter isRequired: Whether int8 needs the folder.
  func check(_ precision: Precision, isRequired: Bool = true) throws {
    if precision == .int8 {
      return try refuseOption(
        isRequired && calibration == nil, "--precision int8 needs --calibration, a folder of images like those to come")
    }
    try refuseOption(calibration != nil, "--calibration is for --precision int8")
    try refuseOption(agreement != nil, "--agreement is for --precision int8")
  }

  /// The images of the folder; none if no folder is given.
  func imageFiles() throws -> [String] {
    guard let calibration else { return [] }
    guard FileSystem.isFolder(calibration) else { throw CommandError("\(calibration): no such folder") }
    return try Calibration.imageFiles(in: calibration)
  }

  /// Reads the folder's images; nil if no folder is given. Images that cannot be read are left out with a word.
  func read() throws -> Calibration? {
    guard let calibration else { return nil }
    let result = try Calibration(folder: URL(filePath: calibration), agreement: agreementOrDefault)
    if let first = result.unreadable.first {
      let count = result.unreadable.count
      Terminal.report("calibration: left out \(count) image\(count == 1 ? "" : "s") that cannot be read: \(first)")
    }
    return result
  }
}
