import Basics
import Files
import ONNX
import SegmentationModels

/// The input of a file that takes an image.
struct ImportedInput {
  let name: String
  /// Whether the channels are the last dimension, [N, H, W, C].
  let isChannelsLast: Bool
  /// Whether it takes pixels as they are, from 0 to 255.
  let takesPixels: Bool
  /// The height and the width; `nil` for one that may be any.
  let height: Int?
  let width: Int?

  init(_ graph: ONNXGraph) throws(ExchangeError) {
    let weights = Set(graph.initializer.map(\.name))
    let inputs = graph.input.filter { !weights.contains($0.name) }
    guard inputs.count == 1, let input = inputs.first, case .tensorType(let tensor)? = input.type.value else {
      let names = inputs.prefix(10).map { $0.name.printable(limit: 100) }.joined(separator: ", ")
      throw ExchangeError("it has \(inputs.count) inputs (\(names)), expected one image")
    }
    name = input.name
    let label = name.printable(limit: 100)
    let type = try ElementType(tensor.elemType)
    guard type.isFloatingPoint || type == .uint8 else {
      throw ExchangeError("its input \(label) is \(type), expected float32 or uint8")
    }
    takesPixels = type == .uint8
    let sizes = tensor.shape.dim.map { dimension -> Int? in
      if case .dimValue(let value)? = dimension.value, value > 0 { Int(value) } else { nil }
    }
    guard sizes.count == 4 else {
      throw ExchangeError("its input \(label) has \(sizes.count) dimensions, expected the 4 of an image")
    }
    guard sizes[0] ?? 1 == 1 else {
      throw ExchangeError(
        "its input \(label) takes \(sizes[0] ?? 0) images at a time, expected 1: export it for one image")
    }
    isChannelsLast = sizes[1] != 3 && sizes[3] == 3
    let channels = isChannelsLast ? sizes[3] : sizes[1]
    guard channels ?? 3 == 3 else {
      throw ExchangeError("its input \(label) has \(channels ?? 0) channels, expected the 3 of a color image")
    }
    (height, width) = isChannelsLast ? (sizes[1], sizes[2]) : (sizes[2], sizes[3])
  }

  /// The size of images that the file is made for; `nil` if it takes several.
  var fixedSize: ImageSize? {
    if let height, let width { ImageSize(height: height, width: width) } else { nil }
  }

  /// Refuses a size that the file does not take.
  func check(_ size: ImageSize) throws(ExchangeError) {
    guard (1...65536).contains(size.height), (1...65536).contains(size.width), height ?? size.height == size.height,
      width ?? size.width == size.width
    else {
      let (rows, columns) = (height.map { "\($0)" } ?? "any", width.map { "\($0)" } ?? "any")
      throw ExchangeError("it takes images of \(rows)x\(columns), found \(size)")
    }
  }
}
