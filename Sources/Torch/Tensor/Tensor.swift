import CTorch

/// An n-dimensional array on a device: a reference to libtorch's tensor, freed with the last Swift reference.
///
/// An operation that libtorch refuses, such as one on a wrong shape, ends the process with libtorch's message, unless it
/// runs in ``catchingTorchErrors(_:)``. Tensors belong to one thread at a time and are not `Sendable`.
public final class Tensor {
  let handle: ct_tensor?

  /// Takes over a handle from the C layer.
  init(owning handle: ct_tensor?) { self.handle = handle }

  deinit { ct_free(handle) }

  /// The result of a C function that returns one tensor.
  @inline(__always)
  static func make(
    file: StaticString = #fileID, line: UInt = #line, _ body: (UnsafeMutablePointer<ct_tensor?>) -> Bool
  ) -> Tensor {
    var out: ct_tensor?
    check(body(&out), file: file, line: line)
    return Tensor(owning: out)
  }

  /// The results of a C function that returns two tensors.
  static func makePair(
    _ body: (UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>) -> Bool
  ) -> (Tensor, Tensor) {
    var first: ct_tensor?
    var second: ct_tensor?
    check(body(&first, &second))
    return (Tensor(owning: first), Tensor(owning: second))
  }
}

/// Calls `body` with the handles of lists of tensors, which stay alive meanwhile: Swift releases arrays after their last
/// use, which need not be the end of a call that borrows what is in them.
func withHandles<Result>(_ lists: [Tensor]..., body: ([[ct_tensor?]]) -> Result) -> Result {
  withExtendedLifetime(lists) { body(lists.map { $0.map(\.handle) }) }
}

// MARK: - Properties

extension Tensor {
  /// The number of dimensions.
  public var rank: Int {
    var out = 0
    check(ct_rank(handle, &out))
    return out
  }

  /// The size of each dimension.
  public var shape: [Int] {
    let rank = rank
    return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
      if rank > 0 { check(ct_shape(handle, buffer.baseAddress)) }
      count = rank
    }
  }

  /// The step in memory, in elements, from one element to the next along each dimension.
  public var strides: [Int] {
    var out = [Int](repeating: 0, count: rank)
    check(ct_strides(handle, &out))
    return out
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The size of one dimension; negative numbers count from the last.
  public func size(_ dimension: Int) -> Int {
    let shape = shape
    return shape[dimension < 0 ? shape.count + dimension : dimension]
  }

  /// The type of the elements.
  public var dtype: DType {
    var out: ct_dtype = 0
    check(ct_dtype_of(handle, &out))
    guard let dtype = DType(rawValue: out) else { fatalError("unsupported element type \(out) of libtorch") }
    return dtype
  }

  /// The device that holds the elements.
  public var device: Device {
    var out = ct_device(type: 0, index: -1)
    check(ct_device_of(handle, &out))
    guard let kind = Device.Kind(rawValue: out.type) else { fatalError("unsupported device type \(out.type)") }
    return Device(kind, index: out.index < 0 ? nil : Int(out.index))
  }

  /// Whether elements lie in memory in the order of a format.
  public func isContiguous(_ format: MemoryFormat = .contiguous) -> Bool {
    var out = false
    check(ct_is_contiguous(handle, format.rawValue, &out))
    return out
  }

  /// A number that only references to the same tensor share, while it lives: a key for dictionaries.
  public var identity: UInt {
    var out: UInt = 0
    check(ct_identity(handle, &out))
    return out
  }

  /// A number that only tensors in the same memory share, such as a tensor and its views, while it lives.
  public var memoryIdentity: UInt {
    var out: UInt = 0
    check(ct_memory_identity(handle, &out))
    return out
  }

  /// Whether both are the same tensor, not merely equal.
  public func isSame(as other: Tensor) -> Bool {
    var out = false
    check(ct_is_same(handle, other.handle, &out))
    return out
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape, type and device, such as "Tensor(1x3x32x32 float32 on cpu)".
  public var description: String {
    guard ct_is_defined(handle) else { return "Tensor(undefined)" }
    return "Tensor(\(shape.map(String.init).joined(separator: "x")) \(dtype) on \(device))"
  }
}

/// The order of an image tensor's elements in memory.
public enum MemoryFormat: Int32, Sendable {
  /// The order that the tensor has.
  case preserve = 0
  /// NCHW.
  case contiguous = 1
  /// NHWC in memory; shapes stay [N, C, H, W].
  case channelsLast = 2
}
