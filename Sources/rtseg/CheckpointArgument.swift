import SegmentationModels
import SegmentationWeights

/// The file that a checkpoint's text on the command line stands for (a path, an address or a name), with its network if
/// the command line tells it.
/// - Parameter network: The network that other arguments name.
func checkpointFile(_ text: String, network: Architecture?) throws -> WeightsFile {
  try PretrainedWeights.onTerminal.find(text, of: network)
}
