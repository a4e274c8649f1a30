import ArgumentParser
import Foundation
import SegmentationInference

/// What int8 learns its scales from.
struct CalibrationFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "For int8: a folder of images like those to come; up to 32 of them are used.", valueName: "folder"))
  var calibration: String?
  @Option(
    help: "For int8: the share of the calibration's pixels that must keep float32's class, 0 to 1; lower is faster.")
  var agreement = 0.99

  func validate() throws {
    if !(0...1).contains(agreement) { throw ValidationError("--agreement: expected 0 to 1, found \(agreement)") }
  }

  /// The folder, once it is known to be one; `nil` where none is given.
  func checkedFolder(isInt8: Bool) throws -> String? {
    guard let calibration else { return nil }
    if !isInt8 { throw CommandError("--calibration is for --precision int8") }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: calibration, isDirectory: &isFolder), isFolder.boolValue else {
      throw CommandError("\(calibration): no such folder")
    }
    return calibration
  }
}
