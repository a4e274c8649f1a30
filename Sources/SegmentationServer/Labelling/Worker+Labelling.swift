import Foundation
import SegmentationImage
import SegmentationInference
import Torch

extension Worker {
  /// Labels an uploaded image, as `rtseg predict` does.
  /// - Throws: A `Problem` for what the client can mend; `EngineError`, `TorchError`.
  func label(_ upload: Upload, _ request: LabelRequest, queued: Double) throws -> LabelAnswer {
    var times = LabelTimes(queue: queued)
    let image = try timed(&times.decoding) { try upload.decoded() }
    switch request.format {
    case .score, .npy: return try scores(of: image, request, &times)
    case .mask, .ids, .overlay, .jpeg, .json: return try classes(of: image, request, &times)
    }
  }

  private func classes(of image: Image, _ request: LabelRequest, _ times: inout LabelTimes) throws -> LabelAnswer {
    let result = try timed(&times.inference) { try predictor(request.model).label(image) }
    let measured = times
    let content = try timed(&times.encoding) {
      switch request.format {
      case .mask: try result.classes.png(palette: result.palette)
      case .ids: try result.classes.png()
      case .overlay: try result.overlay(alpha: request.alpha).png()
      case .jpeg: try result.overlay(alpha: request.alpha).jpeg(quality: 90)
      default: Data(try JSON.encode(LabelledClasses(result.classes, request.model, measured)).readableBytesView)
      }
    }
    return LabelAnswer(
      content: content, size: image.size, shares: shares(result.classes, request.model), times: times)
  }

  private func scores(of image: Image, _ request: LabelRequest, _ times: inout LabelTimes) throws -> LabelAnswer {
    let classes = max(1, request.model.classNames.count)
    guard classes * image.size.area <= ServerOptions.scoreLimit else {
      throw Problem(
        .contentTooLarge,
        "the scores of an image of \(image.size) and \(classes) classes take more than "
          + "\(ServerOptions.scoreLimit >> 18) MiB; send a smaller image", reason: .tooLarge)
    }
    let probabilities = try timed(&times.inference) { try predictor(request.model).predict(image).probabilities }
    let content: Data = try timed(&times.encoding) {
      guard let channel = request.channel else { return try Npy.data(probabilities) }
      guard channel < probabilities.size(1) else {
        throw Problem(.badRequest, "class: the network has \(probabilities.size(1)) classes, found \(channel)")
      }
      let values: [UInt8] = try catchingTorchErrors {
        (probabilities.select(channel, dimension: 1) * 255).round().to(dtype: .uint8).elements()
      }
      return try Mask(height: image.height, width: image.width, values: values).png()
    }
    return LabelAnswer(content: content, size: image.size, shares: nil, times: times)
  }

  /// The share of each class in the pixels, for as many classes as the network has or the mask shows.
  private func shares(_ mask: Mask, _ model: ModelDescription) -> [Double] {
    var counts = [Int](repeating: 0, count: 256)
    for value in mask.values { counts[Int(value)] += 1 }
    let last = counts.lastIndex { $0 > 0 } ?? 0
    return counts.prefix(max(model.classNames.count, last + 1)).map { Double($0) / Double(max(1, mask.values.count)) }
  }

  private func timed<Result>(_ seconds: inout Double, _ body: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    defer { seconds = (ContinuousClock.now - start) / .seconds(1) }
    return try body()
  }
}
