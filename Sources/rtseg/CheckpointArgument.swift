import SegmentationModels
import SegmentationWeights

/// The file that a checkpoint's text on the command line stands for (a path, an address or a name), and its network if the
/// command line tells it.
/// - Parameter network: The network that other arguments name.
/// - Throws: `CommandError` if the text names a checkpoint of another network.
func checkpointFile(_ text: String, network: Architecture?) throws -> WeightsFile {
  var file = try PretrainedWeights.onTerminal.find(text)
  if let network, let other = file.architecture, other != network {
    throw CommandError("\(text): this is a checkpoint of \(other.name), not of \(network.name): leave --model out")
  }
  file.architecture = network ?? file.architecture
  return file
}
