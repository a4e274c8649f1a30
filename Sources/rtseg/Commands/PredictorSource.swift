import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationWeights
import Torch

/// The network that a command labels images with: a compiled one, or a checkpoint with what the options say about it.
struct PredictorSource {
  let checkpoint: String
  let network: NetworkFlags
  /// Facts that an ONNX file may not tell.
  let importFlags: ImportFlags
  /// The size of images for which an ONNX file is compiled; `nil` for the file's own.
  let size: ImageSize?
  /// The data set that gives the names and colors of the classes.
  let dataset: String?
  let device: Device
  let precision: Precision
  let engine: Engine
  /// Reads the images that int8 learns from, once the other options are known to be right.
  var calibration: () throws -> Calibration? = { nil }
  var inference = InferenceProtocol()

  /// Reads the file.
  /// - Returns: A function that makes a predictor. It can be called several times; the predictors share what does not
  ///   change.
  func open() throws -> () throws -> Predictor {
    let classes = try dataset.map { try Dataset.open(kind: $0, root: "").labels.classes }
    if NetworkData.isOne(checkpoint) {
      let program = try NetworkData.open(
        checkpoint, flags: importFlags, size: size, classes: classes, precision: precision, calibration: calibration())
      return { try Predictor(program, classes: classes, inference: inference, note: Terminal.report) }
    }
    let calibration = try calibration()
    let source = ClassSource.dataset(dataset ?? "cityscapes", isDefault: dataset == nil)
    let read = try source.advising {
      try NetworkCheckpoint(named: checkpoint, architecture: network.architecture(), weights: .onTerminal)
    }
    return {
      try source.advising {
        try Predictor(
          read, classes: classes ?? (read.card == nil ? LabelSet.cityscapes.classes : nil), device: device,
          precision: precision, engine: engine, calibration: calibration, inference: inference, note: Terminal.report)
      }
    }
  }
}
