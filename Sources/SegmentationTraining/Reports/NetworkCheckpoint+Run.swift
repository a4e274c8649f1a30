import Files
import Foundation
import SegmentationModels

extension NetworkCheckpoint {
  /// The configuration of the run that wrote the checkpoint, if it still lies in the run's folder.
  public var configuration: URL? {
    guard card != nil else { return nil }
    let file = RunFolder.unopened(file.deletingLastPathComponent()).configuration
    return FileSystem.exists(file.path) ? file : nil
  }

  /// The options of a run that uses the checkpoint, unless a configuration says otherwise: the normalization is that of
  /// the file.
  public var defaultOptions: TrainingOptions {
    var options = TrainingOptions()
    if let card {
      options.augmentation.mean = card.mean
      options.augmentation.std = card.std
      (options.data.channels, options.data.pixelType) = (card.imageChannels, card.pixelType)
    }
    return options
  }
}
