import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels

extension FuzzTarget {
  /// Reads an ONNX file, and compiles its network for its own size or for a small one.
  static func importNetwork(_ bytes: UnsafeRawBufferPointer) {
    do {
      let network = try ONNXNetwork(bytes: Array(bytes), url: URL(filePath: "network.onnx"), folder: nil)
      _ = ONNXDescription(network, size: nil)
      let size = network.fixedSize ?? ImageSize(height: 8, width: 12)
      guard size.area <= 1 << 14 else { return }
      _ = try network.program(sizes: [size])
    } catch {
      precondition(!"\(error)".contains("\n"), "\(error)")
    }
  }
}
