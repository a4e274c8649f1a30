import Files
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels

/// A network that is going to be written for another tool, with what a file should say about it.
public struct ExportedNetwork {
  /// The network, in evaluation mode and on the CPU.
  public let model: SegmentationModel
  /// The network's name in the catalogue.
  public let name: String
  /// The SHA-256 of the checkpoint's bytes in hexadecimal digits; empty if the weights come from no file.
  public let checkpoint: String
  /// The normalization of images.
  public let normalization: Normalization
  /// The classes' names and colors in the order of their numbers; empty if nothing tells them.
  public let classes: [ClassInfo]

  /// Takes a network with the weights that it has.
  public init(
    _ model: SegmentationModel, normalization: Normalization = Normalization(), classes: [ClassInfo] = [],
    checkpoint: String = ""
  ) {
    self.model = model.eval()
    name = model.name
    self.normalization = normalization
    self.classes = classes
    self.checkpoint = checkpoint
  }

  /// Takes the network of a checkpoint.
  /// - Parameters:
  ///   - checkpoint: The checkpoint, which tells the network, its classes and the normalization of images.
  ///   - classes: The classes' names and colors in place of the checkpoint's.
  ///   - note: Receives lines that tell what was chosen.
  /// - Throws: `NetworkCheckpointError`, `ArchitectureError` or `FileError` for the checkpoint.
  public init(
    _ checkpoint: NetworkCheckpoint, classes: [ClassInfo]? = nil, note: (String) -> Void = { _ in }
  ) throws {
    let card = checkpoint.card
    let classes = classes ?? card?.classInfos
    let model = try checkpoint.makeModel(classes: classes?.count, note: note)
    self.init(
      model, normalization: card?.normalization ?? Normalization(),
      classes: classes ?? [], checkpoint: try ContentHash.hex(ofFileAt: checkpoint.file.path))
  }
}
