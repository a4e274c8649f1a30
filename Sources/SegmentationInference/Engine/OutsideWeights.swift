import CRuntime
import Torch

/// Weights that the runtime reads where they are, each kept alive until the runtime has packed it.
final class OutsideWeights {
  private var tensors: [Tensor?]
  private let pointers: UnsafeMutableBufferPointer<UnsafePointer<Float>?>
  /// The description that the runtime gets; it is valid as long as this object.
  let description: UnsafeMutablePointer<rt_outside>

  init(_ program: borrowing Program) {
    tensors = program.weights.map { $0.storage == .outside ? $0.elements : nil }
    pointers = .allocate(capacity: tensors.count)
    for (index, tensor) in tensors.enumerated() {
      pointers[index] = tensor?.withUnsafeBytes { $0.baseAddress!.assumingMemoryBound(to: Float.self) }
    }
    description = .allocate(capacity: 1)
    description.initialize(
      to: rt_outside(
        weights: UnsafePointer(pointers.baseAddress), weight_count: tensors.count,
        release: { state, index in
          Unmanaged<OutsideWeights>.fromOpaque(state!).takeUnretainedValue().tensors[Int(index)] = nil
        }, state: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit {
    pointers.deallocate()
    description.deallocate()
  }
}
