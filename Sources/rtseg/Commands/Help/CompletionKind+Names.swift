import ArgumentParser
import SegmentationData
import SegmentationModels

extension CompletionKind {
  /// Names of networks.
  static var networks: CompletionKind { .list(Architecture.realTime.map(\.name) + ["smp"]) }
  static var encoders: CompletionKind { .list(EncoderKind.allCases.map(\.rawValue)) }
  static var decoders: CompletionKind { .list(DecoderKind.allCases.map(\.rawValue)) }

  /// Names of data sets, and cards in this folder and the folders in it.
  static var dataSets: CompletionKind {
    let names = FolderCard.names.map { "echo \($0)" }.joined(separator: "; ")
    return .shellCommand("sh -c '\(names); ls -d *.yaml *.yml */*.yaml */*.yml 2>/dev/null'")
  }

  static var devices: CompletionKind { .list(["auto", "cpu", "cuda", "cuda:0", "mps"]) }
  static var weights: CompletionKind { .file(extensions: ["pth", "pt", "safetensors", "pdparams"]) }
  static var configurations: CompletionKind { .file(extensions: ["yaml", "yml"]) }
}
