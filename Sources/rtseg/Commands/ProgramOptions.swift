import ArgumentParser
import SegmentationInference
import Torch

/// Refuses options that a compiled network has no use for, since it is compiled with them.
func refuseProgramOptions(
  _ checkpoint: String, network: NetworkFlags, engine: Engine, precision: Precision?, device: String
) throws {
  guard ProgramFile.isProgram(checkpoint) else { return }
  let names = network.model != nil || network.encoder != nil || network.decoder != nil
  try refuseOption(names, "\(checkpoint) is compiled and knows its network: leave --model, --encoder and --decoder out")
  try refuseOption(engine == .eager, "\(checkpoint) is compiled: --engine eager needs a checkpoint")
  try refuseOption(
    precision ?? .float32 != .float32,
    "\(checkpoint) is compiled and has its precision: leave --precision out, or compile it again")
  try refuseOption(
    device != "auto" && device != "cpu", "\(checkpoint) is compiled for the CPU: leave --device \(device) out")
}
