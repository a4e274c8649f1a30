import CKernels
import Measurement
import SegmentationBenchmark
import SegmentationInference
import Torch

extension ConvolutionCase {
  /// The different convolutions in the profiles of a report, those that took longest first.
  static func profiled(in report: BenchmarkReport) -> [any KernelCase] {
    let type = report.precision == .bfloat16 ? CK_BFLOAT16 : CK_FLOAT32
    var seconds: [String: Double] = [:]
    var cases: [String: ConvolutionCase] = [:]
    for operation in report.networks.flatMap({ $0.runs.first?.profile ?? [] }) {
      guard let found = ConvolutionCase(operation, type: type) else { continue }
      seconds[found.name, default: 0] += operation.seconds
      cases[found.name] = found
    }
    return seconds.sorted { $0.value > $1.value }.compactMap { cases[$0.key] }
  }

  /// The convolution of an entry, whose kernel is named "3x3 /2 d4 g16 direct": the stride, dilation and groups are left
  /// out if they are 1. `nil` for other operators.
  private init?(_ operation: OperationTime, type: ck_type) {
    let shape = operation.outputShape
    guard operation.name == "conv", shape.count == 4, shape[0] == 1 else { return nil }
    var (kernel, stride, dilation, groups) = (IntPair(1), 1, 1, 1)
    for word in operation.kernel.split(separator: " ") {
      let sides = word.split(separator: "x").compactMap { Int($0) }
      let number = Int(word.dropFirst())
      switch (word.first, number) {
      case _ where sides.count == 2: kernel = IntPair(sides[0], sides[1])
      case ("/", let number?): stride = number
      case ("d", let number?): dilation = number
      case ("g", let number?): groups = number
      default: break
      }
    }
    let values = shape.reduce(1, *)
    let inputs = operation.multiplyAccumulates / values / (kernel.height * kernel.width) * groups
    guard inputs > 0 else { return nil }
    let size = IntPair(shape[2] * stride, shape[3] * stride)
    let details = [stride > 1 ? "/\(stride)" : "", dilation > 1 ? "d\(dilation)" : "", groups > 1 ? "g\(groups)" : ""]
    self.init(
      name: (["\(kernel.height)x\(kernel.width) \(inputs)-\(shape[1]) @\(size.height)x\(size.width)"] + details)
        .filter { !$0.isEmpty }.joined(separator: " "),
      inputs: inputs, outputs: shape[1], size: size, kernel: kernel, stride: stride, dilation: dilation, groups: groups,
      type: type)
  }
}
