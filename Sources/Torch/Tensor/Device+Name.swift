extension Device {
  /// The device that a user's word names: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto` for the first accelerator of this
  /// machine, and for the CPU if there is none. `cuda` is `cuda:0`.
  /// - Throws: `DeviceError` if this machine, or this build of libtorch, does not have the device. `TorchError` if
  ///   libtorch has a CUDA part that cannot be loaded.
  public init(named name: String) throws {
    try Libtorch.loadAccelerators()
    try self.init(named: name, among: Libtorch.devices)
  }

  /// - Parameter devices: The devices that can be used, the CPU first.
  package init(named name: String, among devices: [Device]) throws(DeviceError) {
    if name == "auto" {
      self = devices.dropFirst().first ?? .cpu
      return
    }
    let available = devices.map(\.description).joined(separator: ", ")
    guard let device = Device(name), device.kind != .meta else {
      throw DeviceError(
        "device: expected auto, cpu, cuda, cuda:N or mps, found \(name); this machine has: \(available)")
    }
    let isThere = devices.contains { $0.kind == device.kind && (device.index == nil || $0.index == device.index) }
    guard isThere else {
      throw DeviceError("device \(name) is not there; this machine has: \(available)")
    }
    self = device.kind == .cuda && device.index == nil ? .cuda(0) : device
  }
}

/// A device that a user named and that cannot be used, in one line that lists those that can.
public struct DeviceError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The error in one line, with the devices that there are.
  public let description: String

  init(_ description: String) { self.description = description }
}
