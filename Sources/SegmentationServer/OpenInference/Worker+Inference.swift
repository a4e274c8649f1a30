import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import SegmentationImage
import SegmentationInference
import Torch

/// An answer of the Open Inference Protocol: JSON, and the bytes of results behind it.
struct InferenceAnswer: Sendable {
  let json: ByteBuffer
  let bytes: [Data]
  let seconds: Double

  var response: Response {
    var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    guard !bytes.isEmpty else {
      return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: json))
    }
    headers[.contentType] = "application/octet-stream"
    headers[.inferenceHeaderLength] = "\(json.readableBytes)"
    return Response(
      status: .ok, headers: headers, body: ResponseBody(contentsOf: [json] + bytes.map { ByteBuffer(bytes: $0) }))
  }
}

extension Worker {
  /// Runs a network on tensors.
  /// - Throws: A `Problem` for what the client can mend; `EngineError`, `TorchError`.
  func infer(_ request: InferenceRequest, _ model: ModelDescription) throws -> InferenceAnswer {
    let start = ContinuousClock.now
    let wantsScores = request.outputs.contains { $0.output == .logits }
    let classes = max(1, model.classNames.count)
    guard !wantsScores || request.count * request.size.area * classes <= ServerOptions.scoreLimit else {
      throw Problem(
        .contentTooLarge,
        "logits would take more than \(ServerOptions.scoreLimit >> 18) MiB; send smaller or fewer images, "
          + "or ask for classes alone", reason: .tooLarge)
    }
    let (found, scores) = try results(request, predictor(model), wantsScores: wantsScores)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    var outputs: [InferenceReply.Output] = []
    var bytes: [Data] = []
    for (output, isBinary) in request.outputs {
      let tensor = output == .classes ? found : scores!
      let datatype = output == .classes ? "UINT8" : "FP32"
      if isBinary {
        bytes.append(tensor.contiguous().withUnsafeBytes { Data($0) })
        outputs.append(
          .init(
            name: output.rawValue, shape: tensor.shape, datatype: datatype,
            parameters: .init(binary_data_size: bytes.last!.count)))
      } else {
        guard tensor.count <= Self.jsonLimit else {
          throw Problem(
            .contentTooLarge,
            "\(output) has \(tensor.count) elements, more than \(Self.jsonLimit) of JSON; ask for "
              + "binary_data", reason: .tooLarge)
        }
        outputs.append(
          .init(
            name: output.rawValue, shape: tensor.shape, datatype: datatype,
            data: output == .classes ? .bytes(tensor.elements()) : .floats(tensor.elements())))
      }
    }
    let reply = InferenceReply(model_name: model.name, id: request.id, outputs: outputs)
    return InferenceAnswer(json: try JSON.encode(reply), bytes: bytes, seconds: seconds)
  }

  /// The most elements of a result in JSON.
  private static let jsonLimit = 1 << 22

  /// The classes [N, H, W] and the scores [N, classes, H, W], if they are wanted, on the CPU.
  private func results(
    _ request: InferenceRequest, _ predictor: Predictor, wantsScores: Bool
  ) throws -> (classes: Tensor, scores: Tensor?) {
    let (count, size) = (request.count, request.size)
    let single = size.area * 3
    var scores: [Tensor] = []
    var classes: [Tensor] = []
    for index in 0..<count {
      switch request.images {
      case .pixels(let pixels):
        let image = Image(
          height: size.height, width: size.width, pixels: Array(pixels[index * single..<(index + 1) * single]))
        if wantsScores {
          scores.append(try predictor.predict(image).logits)
        } else {
          classes.append(Tensor(try predictor.label(image).classes.values, shape: [1, size.height, size.width]))
        }
      case .normalized(let values):
        let tensor = Tensor(
          Array(values[index * single..<(index + 1) * single]), shape: [1, 3, size.height, size.width])
        if wantsScores {
          scores.append(try predictor.logits(of: tensor))
        } else {
          classes.append(try predictor.classes(of: tensor, size: size))
        }
      }
    }
    return try catchingTorchErrors {
      guard wantsScores else { return (cat(classes, dimension: 0).to(dtype: .uint8, device: .cpu), nil) }
      let all = cat(scores, dimension: 0).to(dtype: .float32, device: .cpu)
      return (all.argmax(dimension: 1).to(dtype: .uint8), all)
    }
  }
}
