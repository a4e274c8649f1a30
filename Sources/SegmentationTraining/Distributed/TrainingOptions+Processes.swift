import Torch

extension TrainingOptions {
  /// How many processes a run starts on this machine: by default one for each CUDA device, or one on another device.
  /// - Parameter asked: The number that the user wants (`--processes`); nil for the default.
  /// - Throws: `DeviceError` for a device that is not there, `TrainingError` for more processes than CUDA devices.
  package func processCount(_ asked: Int?) throws -> Int {
    if asked == 1 || device == "cpu" || device == "mps" { return asked ?? 1 }
    guard try Device(named: device).kind == .cuda else { return asked ?? 1 }
    // A device that is named is the only one.
    let devices = Device(device)?.index == nil ? Libtorch.devices.count { $0.kind == .cuda } : 1
    if let asked, asked > devices {
      throw TrainingError(
        "--processes: each process needs a CUDA device, and \(devices) can be used (device is \(device)); expected at most "
          + "\(devices), found \(asked)")
    }
    return asked ?? devices
  }
}
