import Torch

extension Engine {
  /// Makes sure that the engine computes in a precision on a device.
  /// - Parameter isCalibrated: Whether there are images for int8 to learn its scales from.
  /// - Throws: `EngineError.precision` or `EngineError.calibration`.
  public func check(_ precision: Precision, on device: Device, isCalibrated: Bool = true) throws(EngineError) {
    switch (precision, self) {
    case (.int8, .eager):
      throw .precision("int8 is for the engine kernels: choose float32, bfloat16 or float16 for the engine eager")
    case (.int8, .kernels):
      if device.kind != .cpu {
        throw .precision("int8 is for the CPU: choose the device cpu, or float32, bfloat16 or float16")
      }
      if !isCalibrated { throw .calibration("it needs images to calibrate on") }
    case (.float16, .kernels):
      if device.kind == .cpu {
        throw .precision("float16 is for GPUs: choose float32, bfloat16 or int8 on the CPU, or the engine eager")
      }
    default: break
    }
  }
}
