import Basics
import Torch

/// A small network with a residual, positions and their inverse, a join in place, a resize and a class map; once as a
/// program and once in libtorch.
struct SampleNetwork: Sendable {
  let size = (height: 48, width: 40)
  let image: [Float]
  let program: ProgramWriter
  /// libtorch's scores, [48, 40, 5].
  let scores: [Float]

  init() {
    var generator = SplitMix64(state: 7)
    func draw(_ count: Int, _ scale: Float) -> [Float] {
      (0..<count).map { _ in Float.random(in: -scale...scale, using: &generator) }
    }
    let (height, width) = size
    image = draw(3 * height * width, 1)
    let weights: [(values: [Float], sizes: [Int])] = [
      (draw(16 * 27, 0.3), [16, 3, 3, 3]), (draw(16, 0.3), [16]), (draw(16 * 144, 0.15), [16, 16, 3, 3]),
      (draw(16, 1), [16]), (draw(8 * 16, 0.4), [8, 16, 1, 1]), (draw(5 * 24, 0.4), [5, 24, 1, 1]), (draw(5, 1), [5]),
    ]

    var writer = ProgramWriter()
    let ids = weights.map { writer.weight($0.values, $0.sizes) }
    var plan = ProgramWriter.Plan(height: height, width: width)
    let (h, w) = (height / 2, width / 2)
    let input = plan.tensor([height, width, 3])
    let whole = plan.tensor([h, w, 24])
    let first = plan.tensor([h, w, 16])
    let left = plan.tensor([h, w, 16], base: whole)
    let right = plan.tensor([h, w, 8], base: whole, channel: 16)
    let pooled = plan.tensor([h / 2, w / 2, 16])
    let positions = plan.tensor([h / 2, w / 2, 16], type: 2)
    let spread = plan.tensor([h, w, 16])
    let low = plan.tensor([h, w, 5])
    plan.scores = plan.tensor([height, width, 5])
    plan.classes = plan.tensor([height, width, 1], type: 3)
    let relu = 1
    plan.add(
      1, [input], [first],
      ProgramWriter.convolution(weight: ids[0], bias: ids[1], stride: 2, padding: 1, activation: relu))
    plan.add(6, [first], [pooled, positions], Stream.numbers(2, 2, 2, 2, 0, 0, 1, 1))
    plan.add(10, [pooled, positions], [spread])
    plan.add(
      1, [spread, first], [left], replaceable: [1],
      ProgramWriter.convolution(weight: ids[2], bias: ids[3], padding: 1, residual: 1, activation: relu))
    plan.add(1, [first], [right], ProgramWriter.convolution(weight: ids[4]))
    plan.add(17, [], [whole])
    plan.add(1, [whole], [low], ProgramWriter.convolution(weight: ids[5], bias: ids[6]))
    plan.add(4, [low], [plan.scores], [0, 0, 0] + ProgramWriter.activation())
    plan.add(5, [low], [plan.classes], [0])
    writer.plans = [plan]
    program = writer

    let tensors = weights.map { Tensor($0.values, shape: $0.sizes) }
    let x = Tensor(image, shape: [1, 3, height, width])
    let a = x.conv2d(weight: tensors[0], bias: tensors[1], stride: 2, padding: 1).relu()
    let (values, indices) = a.maxPool2dWithIndices(kernel: 2)
    let unpooled = values.maxUnpool2d(indices: indices, size: ImageSize(height: h, width: w))
    let b = (unpooled.conv2d(weight: tensors[2], bias: tensors[3], padding: 1) + a).relu()
    let joined = cat([b, a.conv2d(weight: tensors[4])], dimension: 1)
    scores = joined.conv2d(weight: tensors[5], bias: tensors[6])
      .upsampleBilinear2d(size: ImageSize(height: height, width: width), alignCorners: false)
      .permute([0, 2, 3, 1]).contiguous().elements()
  }
}
