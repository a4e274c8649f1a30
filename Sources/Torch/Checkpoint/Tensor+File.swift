extension Tensor {
  /// A CPU tensor whose memory `fill` reads from a file.
  /// - Throws: `CheckpointError` if memory does not suffice or if booleans are neither 0 nor 1; the errors of `fill`.
  static func read(
    shape: [Int], dtype: DType, key: String, file: String, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws -> Tensor {
    let tensor: Tensor
    do {
      tensor = try catchingTorchErrors { Tensor.empty(shape, dtype: dtype, device: .cpu) }
    } catch {
      throw CheckpointError(file, key: key, "no memory for a tensor of shape \(describe(shape))")
    }
    try tensor.withUnsafeMutableBytes { bytes in
      try fill(bytes)
      // Other bytes than 0 and 1 make libtorch's operations on booleans undefined.
      if dtype == .bool, let wrong = bytes.first(where: { $0 > 1 }) {
        throw CheckpointError(file, key: key, "not a boolean", expected: "0 or 1", found: "\(wrong)")
      }
    }
    return tensor
  }
}
