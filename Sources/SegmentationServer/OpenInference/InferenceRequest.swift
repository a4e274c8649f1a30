import Foundation
import Hummingbird
import NIOCore
import SegmentationImage

/// A request of the Open Inference Protocol, checked.
struct InferenceRequest {
  /// The images of one size.
  enum Images {
    /// Pixels [N, H, W, 3], red, green and blue.
    case pixels([UInt8])
    /// Normalized values [N, 3, H, W].
    case normalized([Float])
  }

  /// A result that a network has.
  enum Output: String, CaseIterable {
    /// The best class of each pixel, UINT8 [N, H, W].
    case classes
    /// The scores of all classes, FP32 [N, classes, H, W].
    case logits
  }

  let id: String?
  let images: Images
  let count: Int
  let size: ImageSize
  /// The results that are wanted, each as bytes or in JSON.
  let outputs: [(output: Output, isBinary: Bool)]

  /// - Parameters:
  ///   - body: JSON, with the bytes of tensors behind it.
  ///   - headerLength: The length of the JSON; `nil` if there is nothing behind it.
  /// - Throws: A `Problem` with status 400 or 413.
  init(_ body: ByteBuffer, headerLength: Int?, pixelLimit: Int) throws {
    let length = headerLength ?? body.readableBytes
    guard (2...max(2, body.readableBytes)).contains(length), length <= body.readableBytes else {
      throw Problem(
        .badRequest,
        "Inference-Header-Content-Length: expected the length of the JSON in the body of "
          + "\(body.readableBytes) bytes, found \(length)")
    }
    let content = try Self.content(body.getSlice(at: body.readerIndex, length: length)!)
    let bytes = body.getSlice(at: body.readerIndex + length, length: body.readableBytes - length)!
    guard content.inputs.count == 1 else {
      throw Problem(.badRequest, "inputs: expected one input, image or input, found \(content.inputs.count)")
    }
    let input = content.inputs[0]
    (count, size) = try Self.dimensions(input, pixelLimit: pixelLimit)
    images = try Self.images(input, bytes, count: count * size.area * 3)
    id = content.id
    outputs = try Self.outputs(content)
  }

  private static func content(_ json: ByteBuffer) throws -> InferenceContent {
    do {
      return try JSONDecoder().decode(InferenceContent.self, from: Data(json.readableBytesView))
    } catch let error as DecodingError {
      throw Problem(.badRequest, "the JSON is not a request of the Open Inference Protocol: \(error.place)")
    }
  }

  private static func dimensions(_ input: InferenceContent.Input, pixelLimit: Int) throws -> (Int, ImageSize) {
    let shape = input.shape
    let expected: String
    let sides: (count: Int, height: Int, width: Int)?
    switch (input.name, input.datatype) {
    case ("image", "UINT8"):
      expected = "[N, height, width, 3]"
      sides = shape.count == 4 && shape[3] == 3 ? (shape[0], shape[1], shape[2]) : nil
    case ("input", "FP32"):
      expected = "[N, 3, height, width]"
      sides = shape.count == 4 && shape[1] == 3 ? (shape[0], shape[2], shape[3]) : nil
    default:
      throw Problem(
        .badRequest,
        "inputs: expected image of UINT8 [N, height, width, 3] or input of FP32 [N, 3, height, width], "
          + "found \(input.name) of \(input.datatype)")
    }
    guard let sides, (1...16).contains(sides.count), (1...65535).contains(sides.height),
      (1...65535).contains(sides.width)
    else {
      throw Problem(.badRequest, "\(input.name): expected a shape \(expected) with N from 1 to 16, found \(shape)")
    }
    let pixels = sides.count * sides.height * sides.width
    guard pixels <= pixelLimit else {
      throw Problem(
        .contentTooLarge, "\(input.name) has \(pixels) pixels, expected at most \(pixelLimit)", reason: .tooLarge)
    }
    return (sides.count, ImageSize(height: sides.height, width: sides.width))
  }

  private static func images(_ input: InferenceContent.Input, _ bytes: ByteBuffer, count: Int) throws -> Images {
    let isPixels = input.datatype == "UINT8"
    if let size = input.parameters?.binary_data_size {
      let expected = count * (isPixels ? 1 : 4)
      guard input.data == nil, size == expected, bytes.readableBytes == expected else {
        throw Problem(
          .badRequest,
          "\(input.name): expected \(expected) bytes behind the JSON, found \(bytes.readableBytes) and "
            + "binary_data_size \(size)")
      }
      if isPixels { return .pixels(Array(bytes.readableBytesView)) }
      let values = bytes.withUnsafeReadableBytes { raw in
        (0..<count).map {
          Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
        }
      }
      return .normalized(try finite(values, input))
    }
    guard let elements = input.data?.elements else {
      throw Problem(.badRequest, "\(input.name): expected data, or binary_data_size and bytes behind the JSON")
    }
    guard elements.count == count, bytes.readableBytes == 0 else {
      throw Problem(.badRequest, "\(input.name): the shape has \(count) elements, found \(elements.count)")
    }
    guard isPixels else { return .normalized(try finite(elements.map(Float.init), input)) }
    let pixels = elements.compactMap { UInt8(exactly: $0) }
    guard pixels.count == count else {
      throw Problem(.badRequest, "\(input.name): expected whole numbers from 0 to 255")
    }
    return .pixels(pixels)
  }

  private static func finite(_ values: [Float], _ input: InferenceContent.Input) throws -> [Float] {
    guard values.allSatisfy(\.isFinite) else {
      throw Problem(.badRequest, "\(input.name): expected finite numbers")
    }
    return values
  }

  private static func outputs(_ content: InferenceContent) throws -> [(output: Output, isBinary: Bool)] {
    let isBinary = content.parameters?.binary_data_output ?? false
    guard let wanted = content.outputs, !wanted.isEmpty else { return Output.allCases.map { ($0, isBinary) } }
    var result: [(output: Output, isBinary: Bool)] = []
    for item in wanted {
      guard let output = Output(rawValue: item.name) else {
        throw Problem(.badRequest, "outputs: expected classes or logits, found \(item.name)")
      }
      if result.contains(where: { $0.output == output }) {
        throw Problem(.badRequest, "outputs: \(item.name) is there twice")
      }
      result.append((output, item.parameters?.binary_data ?? isBinary))
    }
    return result
  }
}

extension DecodingError {
  /// The problem and its place, in one line.
  fileprivate var place: String {
    func path(_ context: Context) -> String {
      context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "\(key.stringValue) is missing" + (context.codingPath.isEmpty ? "" : " in \(path(context))")
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(path(context)) has another type than expected"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty ? "it is damaged or nested too deeply" : "\(path(context)) is damaged"
    @unknown default: return "it is damaged"
    }
  }
}
