import CKernels
import Torch

extension Lowering {
  mutating func lowerConvolution(_ node: Graph.Node) throws {
    let isTransposed = node.kind == .convTranspose
    let inputID = node.value("input")!
    let input = try tensor(inputID)
    let residual = try node.value("residual").map { try tensor($0) }
    let position = node.string("residual_position") ?? "none"
    let output = make(node.output)
    guard let weight = node.value("weight").flatMap({ graph[$0].constant }), input.isMap, output.isMap,
      input.type == type, output.type == type, residual?.isMap ?? true
    else { return try lowerToLibtorch(node) }
    if isTransposed, dilation(of: node) != [1, 1] { return try lowerToLibtorch(node) }
    guard node.value("bias").map({ graph[$0].constant != nil }) ?? true,
      let activation = KernelActivation(node.activation, channels: output.channels, graph)
    else { throw unsupported(node, "its bias or activation") }
    let bias = node.value("bias").flatMap { graph[$0].constant }
    let (stride, padding, dilation) = (node.ints("stride")!, node.ints("padding")!, node.ints("dilation")!)

    var description = ck_conv_desc()
    description.in_height = Int32(input.height)
    description.in_width = Int32(input.width)
    description.in_channels = Int32(input.channels)
    description.out_height = Int32(output.height)
    description.out_width = Int32(output.width)
    description.out_channels = Int32(output.channels)
    description.kernel_height = Int32(weight.size(2))
    description.kernel_width = Int32(weight.size(3))
    (description.stride_height, description.stride_width) = (Int32(stride[0]), Int32(stride[1]))
    (description.pad_top, description.pad_left) = (Int32(padding[0]), Int32(padding[1]))
    (description.dilation_height, description.dilation_width) = (Int32(dilation[0]), Int32(dilation[1]))
    description.groups = Int32(node.int("groups")!)
    description.residual =
      position == "before" ? CK_RESIDUAL_BEFORE : position == "after" ? CK_RESIDUAL_AFTER : CK_RESIDUAL_NONE
    description.type = type
    description.is_exact = decidesPositions

    add(node, [input] + (residual.map { [$0] } ?? []), [output]) { pool in
      var description = description
      description.activation = activation.value
      let weights: [Float] = weight.elements()
      let biases: [Float]? = bias?.elements()
      let plan = try KernelConvolution(description, weights, biases, isTransposed: isTransposed, pool: pool)
      let residualMap = residual?.map
      let all = 0..<output.height
      let (extent, stride, pad) = (
        (Int(description.kernel_height) - 1) * Int(description.dilation_height) + 1, Int(description.stride_height),
        Int(description.pad_top)
      )
      let bands = RowBands(step: plan.rowStep) { rows in
        [rows.lowerBound * stride - pad..<(rows.upperBound - 1) * stride - pad + extent, rows]
      }
      return EngineStep(bands: plan.rowStep > 0 ? bands : nil) { rows in
        plan.run(pool.handle, input.map, output.map, residualMap, rows ?? all)
      }
    }
  }
}

private func dilation(of node: Graph.Node) -> [Int] { node.ints("dilation") ?? [1, 1] }

/// A convolution with packed weights.
final class KernelConvolution {
  private let plan: OpaquePointer

  init(
    _ description: ck_conv_desc, _ weights: [Float], _ bias: [Float]?, isTransposed: Bool, pool: KernelPool
  ) throws {
    var description = description
    let plan =
      isTransposed
      ? ck_conv_create_transposed(&description, weights, bias) : ck_conv_create(&description, weights, bias)
    guard let plan else { throw EngineError.kernel(lastKernelError()) }
    self.plan = plan
    guard ck_pool_reserve(pool.handle, ck_conv_scratch(plan)) else { throw EngineError.kernel(lastKernelError()) }
  }

  deinit { ck_conv_free(plan) }

  func run(
    _ pool: OpaquePointer, _ input: UnsafePointer<ck_map>, _ output: UnsafePointer<ck_map>,
    _ residual: UnsafePointer<ck_map>?, _ rows: Range<Int>
  ) -> Bool {
    ck_conv_run_rows(plan, pool, input, output, residual, ck_rows(rows))
  }

  /// Rows of the output that are made together; 0: all.
  var rowStep: Int { Int(ck_conv_row_step(plan)) }
}

/// An activation for kernels, with the memory of its slopes.
final class KernelActivation {
  private(set) var value = ck_activation()
  private var slopes: KernelArray<Float>?

  /// `nil` where kernels have no such function.
  init?(_ activation: Graph.Activation, channels: Int, _ graph: Graph) {
    switch activation {
    case .identity: value.kind = CK_IDENTITY
    case .relu: value.kind = CK_RELU
    case .clamp(let lower, let upper): (value.kind, value.a, value.b) = (CK_CLIP, Float(lower), Float(upper))
    case .leakyReLU(let slope): (value.kind, value.a) = (CK_LEAKY_RELU, Float(slope))
    case .prelu(let slope):
      guard let constant = graph[slope].constant else { return nil }
      let elements: [Float] = constant.elements()
      let slopes = KernelArray(elements.count == 1 ? Array(repeating: elements[0], count: channels) : elements)
      self.slopes = slopes
      (value.kind, value.slopes) = (CK_PRELU, slopes.pointer)
    case .elu(let alpha): (value.kind, value.a) = (CK_ELU, Float(alpha))
    case .selu: value.kind = CK_SELU
    case .gelu(let tanhApproximation):
      if tanhApproximation { return nil }
      value.kind = CK_GELU
    case .sigmoid: value.kind = CK_SIGMOID
    case .hardsigmoid: value.kind = CK_HARD_SIGMOID
    case .silu: value.kind = CK_SILU
    case .hardswish: value.kind = CK_HARD_SWISH
    case .tanh: value.kind = CK_TANH
    }
  }
}
