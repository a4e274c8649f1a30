import Files
import Foundation
import SegmentationData
import SegmentationModels
import Torch

extension Trainer {
  /// Writes the options, the manifest and the first checkpoint of a new run.
  func begin() throws {
    let splits: [Split] = options.validation.enabled ? [.train, .val] : [.train]
    let shared = try dataset.sharedFiles(between: splits)
    if !shared.isEmpty, !options.data.allowSharedFiles {
      let list = shared.prefix(3).map { $0.files.joined(separator: " = ") }.joined(separator: "; ")
      throw TrainingError(
        "\(shared.count) images are in both train and val, so that scores would mean nothing: \(list)"
          + "\(shared.count > 3 ? "; ..." : ""); remove them, or set data.allow_shared_files")
    }
    let yaml = ConfigurationLoader(defaults: TrainingOptions()).yaml(options)
    try AtomicFile.write(Data(yaml.utf8), to: folder.configuration)
    let manifest = RunManifest(
      programVersion: rtsegVersion, libtorchVersion: Libtorch.version, seed: options.seed,
      optionsHash: Data(yaml.utf8).withUnsafeBytes(ContentHash.hex(of:)),
      dataHash: try dataset.fingerprint(of: splits), threads: Libtorch.threads)
    try AtomicFile.write(manifest.json(), to: folder.manifest)
    try initialize()
    if options.validation.enabled { try describeValidation() }
    if options.checkpoints.keepsLast { try saveCheckpoint(to: folder.lastCheckpoint) }
  }
}
