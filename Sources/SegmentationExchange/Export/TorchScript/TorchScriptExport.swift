import Files
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// A network as a TorchScript file, which `torch.jit.load` opens without any code of its own.
struct TorchScriptExport {
  let network: ExportedNetwork
  let options: ExportOptions
  let description: ExportDescription
  /// The name of the description among the archive's extra files.
  static let descriptionName = "rtseg.json"

  /// The bytes of the file.
  /// - Throws: `ExchangeError` for an operator that cannot be written, `GraphError`, `TorchError`.
  func encoded() throws -> Data {
    let padded = network.model.sizes.padded(options.size)
    if padded != options.size, options.hasDynamicSize {
      throw ExchangeError(
        "\(network.name) takes images of \(network.model.sizes): give such a size, or leave --dynamic out and the file pads"
      )
    }
    var writer = TorchScriptWriter(try SymbolicGraph(network, options), title: network.name)
    var image = "image"
    if options.input == .uint8 {
      image = writer.assign("torch.to(torch.permute(image, [0, 3, 1, 2]), \(DType.float32.rawValue))")
    }
    if options.containsNormalization {
      func vector(_ values: [Float], _ name: String) -> String {
        writer.constant(Tensor(values, shape: [1, values.count, 1, 1]), named: name)
      }
      let (scale, shift) = (
        vector(network.normalization.scale, "pixel_scale"), vector(network.normalization.shift, "pixel_shift")
      )
      image = writer.assign("torch.add(torch.mul(\(image), \(scale)), \(shift))")
    }
    if padded != options.size {
      let (rows, columns) = (padded.height - options.size.height, padded.width - options.size.width)
      image = writer.assign("torch.constant_pad_nd(\(image), [0, \(columns), 0, \(rows)], 0)")
    }
    var scores = try writer.write(input: image)
    if padded != options.size {
      scores = writer.assign(
        "torch.narrow(torch.narrow(\(scores), 2, 0, \(options.size.height)), 3, 0, \(options.size.width))")
    }
    let classes = writer.graph[writer.graph.outputs[0]].shape[1]
    switch options.output {
    case .logits: break
    case .probabilities: scores = writer.assign("torch.softmax(\(scores), 1)")
    case .classes:
      let type = classes <= 256 ? DType.uint8 : .int32
      scores = writer.assign("torch.to(torch.argmax(\(scores), 1, False), \(type.rawValue))")
    }
    return try encoded(writer, result: scores)
  }

  private func encoded(_ writer: TorchScriptWriter, result: String) throws -> Data {
    let module = try ScriptModule(named: "__torch__.Network")
    for (name, tensor) in writer.tensors {
      let dense = withoutGradients { tensor.detached().to(device: .cpu).contiguous() }
      try module.add(dense, named: name, isParameter: dense.dtype.isFloatingPoint)
    }
    let lines = writer.lines.map { "  \($0)\n" }.joined()
    try module.define("def forward(self, image: Tensor) -> Tensor:\n\(lines)  return \(result)\n")
    let text = String(decoding: try description.json(), as: UTF8.self)
    return try module.encoded(with: (Self.descriptionName, text))
  }
}
