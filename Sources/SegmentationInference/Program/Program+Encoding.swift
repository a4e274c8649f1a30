import CKernels
import CRuntime
import Foundation
import SegmentationImage
import SegmentationModels
import Torch

// The form of a program in `.rtseg` files. CRuntime/README.md describes it; the runtime reads and checks it.
extension Program {
  /// The version of the form. Runtimes refuse files of a greater one. Version 2 describes images that are no 8-bit RGB.
  var formatVersion: UInt32 { normalization.isRGB ? 1 : 2 }

  private enum SectionKind: UInt32 {
    case description = 1
    case plans, float32, bfloat16, int8
  }

  /// The bytes of a file. Weights that are outside stay there.
  func encoded() -> [UInt8] {
    var weights = WeightSections()
    var plans = ByteStream()
    plans.append(list: self.weights) { stream, weight in weights.append(weight, to: &stream) }
    plans.append(list: self.plans) { stream, plan in stream.append(plan) }
    var sections: [(kind: SectionKind, bytes: [UInt8])] = [(.description, description.bytes), (.plans, plans.bytes)]
    for (kind, stream) in [
      (SectionKind.float32, weights.float32), (.bfloat16, weights.bfloat16), (.int8, weights.int8),
    ] where !stream.bytes.isEmpty {
      sections.append((kind, stream.bytes))
    }
    return Self.join(sections, version: formatVersion)
  }

  private static func join(_ sections: [(kind: SectionKind, bytes: [UInt8])], version: UInt32) -> [UInt8] {
    var table = ByteStream()
    var offset = 64 + 32 * sections.count
    var offsets: [Int] = []
    for (kind, bytes) in sections {
      let alignment = kind.rawValue >= SectionKind.float32.rawValue ? 4096 : 64
      offset = (offset + alignment - 1) / alignment * alignment
      offsets.append(offset)
      table.append(kind.rawValue)
      table.append(checksum(bytes))
      table.append(UInt64(offset))
      table.append(UInt64(bytes.count))
      table.append(UInt64(0))
      offset += bytes.count
    }
    func header(checksum: UInt32) -> ByteStream {
      var header = ByteStream()
      header.append(contentsOf: Array("RTSEGNET".utf8))
      header.append(version)
      header.append(UInt32(sections.count))
      header.append(UInt64(offset))
      header.append(checksum)
      header.align(to: 64)
      return header
    }
    var file = header(checksum: checksum(header(checksum: 0).bytes + table.bytes))
    file.append(contentsOf: table.bytes)
    for ((_, bytes), offset) in zip(sections, offsets) {
      file.append(contentsOf: [UInt8](repeating: 0, count: offset - file.bytes.count))
      file.append(contentsOf: bytes)
    }
    return file.bytes
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { rt_checksum($0.baseAddress, $0.count) }
  }

  private var description: ByteStream {
    var stream = ByteStream()
    stream.append(network)
    stream.append(checkpoint)
    stream.append(rtsegVersion)
    let number: UInt8 =
      switch precision {
      case .float32: 0
      case .bfloat16: 1
      case .int8: 2
      case .float16: preconditionFailure("kernels have no float16")
      }
    stream.append(number)
    stream.append(agreement ?? -1)
    // The fields that the first version has for RGB say nothing of other images.
    let runtimes = normalization.isRGB ? normalization : Normalization()
    for value in runtimes.mean + runtimes.std { stream.append(value) }
    for value in runtimes.scale + runtimes.shift { stream.append(value) }
    stream.append(list: classes) { stream, info in
      stream.append(info.name)
      stream.append(contentsOf: [info.color.red, info.color.green, info.color.blue])
    }
    if !normalization.isRGB {
      stream.append(list: Array(zip(normalization.mean, normalization.std))) { stream, channel in
        stream.append(channel.0)
        stream.append(channel.1)
      }
      let type: UInt8 =
        switch normalization.type {
        case .uint8: 0
        case .uint16: 1
        case .float32: 2
        }
      stream.append(type)
    }
    return stream
  }
}

/// The weights of a file, sorted by the type in which the file keeps them.
private struct WeightSections {
  var float32 = ByteStream()
  var bfloat16 = ByteStream()
  var int8 = ByteStream()

  /// Appends a weight's elements to a section, and its description to the plans' stream.
  mutating func append(_ weight: Program.Weight, to stream: inout ByteStream) {
    stream.append(weight.storage.rawValue)
    stream.append(UInt8(weight.dimensions.count))
    for dimension in weight.dimensions { stream.append(int: dimension) }
    switch weight.storage {
    case .outside: break
    case .float32: stream.append(Self.place(weight.elements, in: &float32))
    case .bfloat16: stream.append(Self.place(weight.elements.to(dtype: .bfloat16), in: &bfloat16))
    case .int8:
      let (bytes, scales) = withoutGradients { Self.rounded(weight.elements) }
      int8.align(to: 64)
      stream.append(UInt64(int8.bytes.count))
      int8.append(contentsOf: bytes)
      stream.append(Self.place(scales, in: &float32))
    }
  }

  private static func place(_ tensor: Tensor, in section: inout ByteStream) -> UInt64 {
    section.align(to: 64)
    let offset = section.bytes.count
    tensor.contiguous().withUnsafeBytes { section.append(contentsOf: $0) }
    return UInt64(offset)
  }

  /// Rounds weights to 8 bits with one scale for each index of the first dimension, as the kernels do.
  private static func rounded(_ weight: Tensor) -> (bytes: [UInt8], scales: Tensor) {
    let rows = weight.reshape([weight.size(0), -1])
    let scales = rows.abs().max([1]) / 127
    let safe = scales.clamp(min: 1e-30).unsqueeze(1)
    let rounded: [Float] = (rows / safe).round().elements()
    return (rounded.map { UInt8(bitPattern: Int8($0)) }, scales)
  }
}

extension ByteStream {
  fileprivate mutating func append(_ plan: Program.Plan) {
    append(int: plan.imageSize.height)
    append(int: plan.imageSize.width)
    append(int: plan.input)
    append(list: plan.tensors) { stream, tensor in stream.append(tensor) }
    append(list: plan.constants) { stream, constant in
      stream.append(UInt32(constant.tensor))
      stream.append(UInt32(constant.weight))
    }
    append(list: plan.instructions) { stream, instruction in stream.append(instruction) }
    append(index: plan.scores)
    append(index: plan.classes)
  }

  private mutating func append(_ tensor: Program.PlanTensor) {
    append(tensor.element.rawValue)
    append(UInt8(tensor.dimensions.count))
    for dimension in tensor.dimensions { append(int: dimension) }
    append(tensor.quantization?.scale ?? 0)
    append(tensor.quantization?.zero ?? 0)
    append(index: tensor.base?.tensor)
    append(int: tensor.base?.firstChannel ?? 0)
  }

  private mutating func append(_ instruction: Program.Instruction) {
    append(instruction.kernel.number)
    append(instruction.name)
    append(instruction.module)
    append(UInt64(instruction.multiplyAccumulates))
    append(list: instruction.inputs) { $0.append(UInt32($1)) }
    append(list: instruction.outputs) { $0.append(UInt32($1)) }
    append(list: instruction.replaceable) { $0.append(UInt8($1)) }
    append(instruction.kernel)
  }

  private mutating func append(_ kernel: Program.Kernel) {
    switch kernel {
    case .convolution(let convolution): append(convolution)
    case .affine(let scale, let shift, let activation):
      append(index: scale)
      append(index: shift)
      append(activation)
    case .binary(let operation, let activation):
      append(operation.rawValue)
      append(activation)
    case .resize(let isNearest, let alignCorners, let operation, let activation):
      append(isNearest)
      append(alignCorners)
      append(operation.rawValue)
      append(activation)
    case .classMap(let alignCorners): append(alignCorners)
    case .maxPool(let window): append(window)
    case .averagePool(let window, let countsPadding):
      append(window)
      append(countsPadding)
    case .adaptiveAveragePool, .adaptiveMaxPool, .maxUnpool, .copy, .interleave, .softmax, .join: break
    case .permuteChannels(let indices): append(list: indices) { $0.append(int: $1) }
    case .pixelShuffle(let factor): append(int: factor)
    case .reduce(let kind): append(kind.rawValue)
    case .matrixProduct(let product):
      for size in [product.batch, product.rows, product.inner, product.columns] { append(int: size) }
      append(product.isLeftTransposed)
      append(product.isRightTransposed)
      append(int: product.leftBatch)
      append(int: product.rightBatch)
    case .normalize(let groups, let epsilon, let scale, let shift):
      append(int: groups)
      append(epsilon)
      append(index: scale)
      append(index: shift)
    case .rearrange(let copy): append(copy)
    case .host(let number): append(UInt32(number))
    case .fill(let value): append(value)
    }
  }

  private mutating func append(_ convolution: Program.ConvolutionParameters) {
    append(convolution.isTransposed)
    append(int: convolution.weight)
    append(index: convolution.bias)
    append(convolution.stride)
    append(int: convolution.paddingTop)
    append(int: convolution.paddingLeft)
    append(convolution.dilation)
    append(int: convolution.groups)
    append(convolution.residual.rawValue)
    append(convolution.activation)
    append(convolution.isExact)
  }

  private mutating func append(_ activation: Program.ActivationParameters) {
    append(UInt8(activation.kind.rawValue))
    append(activation.a)
    append(activation.b)
    append(index: activation.slopes)
  }

  private mutating func append(_ window: Program.Window) {
    for pair in [window.kernel, window.stride, window.padding, window.dilation] { append(pair) }
  }

  private mutating func append(_ copy: Program.Rearrangement) {
    append(UInt8(copy.sizes.count))
    for size in copy.sizes { append(int: size) }
    append(Int64(copy.inputOffset))
    for stride in copy.inputStrides { append(Int64(stride)) }
    append(Int64(copy.outputOffset))
    for stride in copy.outputStrides { append(Int64(stride)) }
  }
}
