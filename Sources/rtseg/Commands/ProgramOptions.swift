import ArgumentParser
import SegmentationExchange
import SegmentationInference
import Torch

/// Refuses options that a compiled network or an ONNX file has no use for.
func refuseProgramOptions(
  _ checkpoint: String, network: NetworkFlags, engine: Engine, precision: Precision?, device: String
) throws {
  guard NetworkData.isOne(checkpoint) else { return }
  let isONNX = ONNXNetwork.isONNX(checkpoint)
  let what = isONNX ? "an ONNX file" : "compiled"
  let names = network.model != nil || network.encoder != nil || network.decoder != nil
  try refuseOption(names, "\(checkpoint) is \(what) and knows its network: leave --model, --encoder and --decoder out")
  try refuseOption(engine == .eager, "\(checkpoint) is \(what): --engine eager needs a checkpoint")
  try refuseOption(
    !isONNX && precision ?? .float32 != .float32,
    "\(checkpoint) is compiled and has its precision: leave --precision out, or compile it again")
  try refuseOption(
    isONNX && precision == .float16, "--precision: an ONNX file runs in float32, bfloat16 or int8, not in float16")
  try refuseOption(
    device != "auto" && device != "cpu",
    "\(checkpoint) is \(isONNX ? "run by" : "compiled for") the CPU: leave --device \(device) out")
}
