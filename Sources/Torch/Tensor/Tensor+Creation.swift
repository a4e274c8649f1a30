import CTorch

extension Tensor {
  /// Elements that are not initialized.
  public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .current) -> Tensor {
    make { ct_empty(shape, shape.count, dtype.rawValue, device.handle, $0) }
  }

  /// Elements on the CPU that are not initialized, from which `uploaded(to:)` is fastest: in memory that the GPU reads by
  /// itself (pinned), or in ordinary memory if there is no such memory.
  package static func emptyForUpload(_ shape: [Int], dtype: DType) -> Tensor {
    var out: ct_tensor?
    if ct_empty_pinned(shape, shape.count, dtype.rawValue, &out) { return Tensor(owning: out) }
    return empty(shape, dtype: dtype, device: .cpu)
  }

  /// Elements that are all 0.
  public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .current) -> Tensor {
    full(shape, 0, dtype: dtype, device: device)
  }

  /// Elements that are all 1.
  public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .current) -> Tensor {
    full(shape, 1, dtype: dtype, device: device)
  }

  /// Elements that are all one number.
  public static func full(
    _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .current
  ) -> Tensor {
    make { ct_full(shape, shape.count, value, dtype.rawValue, device.handle, $0) }
  }

  /// The numbers 0, 1, ... count - 1.
  public static func range(_ count: Int, dtype: DType = .int64, device: Device = .current) -> Tensor {
    make { ct_arange(count, dtype.rawValue, device.handle, $0) }
  }

  /// Random numbers that are evenly spread from 0 to below 1, from the device's generator.
  public static func random(_ shape: [Int], dtype: DType = .float32, device: Device = .current) -> Tensor {
    make { ct_rand(shape, shape.count, dtype.rawValue, device.handle, $0) }
  }

  /// Random numbers with the standard normal distribution, from the device's generator.
  public static func randomNormal(_ shape: [Int], dtype: DType = .float32, device: Device = .current) -> Tensor {
    make { ct_randn(shape, shape.count, dtype.rawValue, device.handle, $0) }
  }

  /// A tensor on the CPU with a copy of `bytes`, row by row. Their number must fit the shape and the type.
  public convenience init(bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType) {
    var out: ct_tensor?
    check(ct_from_bytes(bytes.baseAddress, bytes.count, shape, shape.count, dtype.rawValue, &out))
    self.init(owning: out)
  }

  /// A tensor on the CPU with the given elements, row by row. Their number must fit the shape.
  public convenience init<Element: TensorElement>(_ elements: [Element], shape: [Int]) {
    var out: ct_tensor?
    elements.withUnsafeBytes { bytes in
      check(ct_from_bytes(bytes.baseAddress, bytes.count, shape, shape.count, Element.dtype.rawValue, &out))
    }
    self.init(owning: out)
  }

  /// A tensor on the CPU with one dimension.
  public convenience init<Element: TensorElement>(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  /// A CPU tensor over memory that stays the caller's and must outlive it; strides count elements.
  package convenience init(memory: UnsafeMutableRawPointer, shape: [Int], strides: [Int], dtype: DType) {
    precondition(shape.count == strides.count, "a stride for each dimension")
    var out: ct_tensor?
    check(ct_from_memory(memory, shape, strides, shape.count, dtype.rawValue, &out))
    self.init(owning: out)
  }

  /// A tensor on the CPU with one number and no dimension.
  public convenience init(scalar: Double, dtype: DType = .float32) {
    var out: ct_tensor?
    check(ct_full([], 0, scalar, dtype.rawValue, Device.cpu.handle, &out))
    self.init(owning: out)
  }
}

extension Tensor {
  /// The elements in row-major order, copied from whatever device and layout they have.
  public func elements<Element: TensorElement>(_ type: Element.Type = Element.self) -> [Element] {
    let source = to(dtype: Element.dtype, device: .cpu).contiguous()
    let count = source.count
    return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      source.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
      initialized = count
    }
  }

  /// Calls `body` with the memory of a contiguous CPU tensor.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withUnsafeMutableBytes { try body(UnsafeRawBufferPointer($0)) }
  }

  /// Calls `body` with the memory of a CPU tensor that is contiguous (in either format), to read or write.
  public func withUnsafeMutableBytes<Result>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    precondition(
      isContiguous() || (rank == 4 && isContiguous(.channelsLast)), "memory of a tensor that is not contiguous")
    var address: UnsafeMutableRawPointer?
    check(ct_data(handle, &address))
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeMutableRawBufferPointer(start: address, count: count * dtype.size))
  }

  /// The only element, as a floating-point number.
  public var item: Double {
    var out = 0.0
    check(ct_item(handle, &out))
    return out
  }

  /// The only element, as an integer.
  public var itemInt: Int {
    var out = 0
    check(ct_item_int(handle, &out))
    return out
  }
}
