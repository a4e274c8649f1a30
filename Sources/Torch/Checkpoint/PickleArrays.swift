/// Arrays of numpy in pickles, as PaddlePaddle's checkpoints have them: tensors whose bytes stand in the pickle.
extension PickleGraph {
  /// (class, shape, type), which numpy makes first and fills afterwards.
  mutating func emptyArray(_ arguments: [Int]) -> Int? {
    guard let first = arguments.first, case .global(let type) = self[first] else { return nil }
    return add(type == "numpy.ndarray" ? .emptyArray : .opaque("an array of Python's \(type)"))
  }

  /// (version, shape, type, whether columns come first, bytes): fills an empty array.
  /// - Returns: Whether the state is as numpy writes it.
  mutating func fillArray(_ index: Int, state: Int) -> Bool {
    guard let fields = elements(state), fields.count == 5 else { return false }
    guard case .bytes(let bytes) = self[fields[4]] else {
      self[index] = .opaque("an array of Python objects")
      return true
    }
    return setArray(
      index, shape: fields[1], type: fields[2], isFortran: self[fields[3]].isTrue, bytes: fields[4], count: bytes.count)
  }

  /// (bytes, type, shape, order), as numpy writes it from protocol 5 on.
  mutating func arrayOfBuffer(_ arguments: [Int]) -> Int? {
    guard arguments.count == 4, case .bytes(let bytes) = self[arguments[0]], let order = string(arguments[3]) else {
      return nil
    }
    let index = add(.emptyArray)
    let isWritten = setArray(
      index, shape: arguments[2], type: arguments[1], isFortran: order == "F", bytes: arguments[0], count: bytes.count)
    return isWritten ? index : nil
  }

  private mutating func setArray(
    _ index: Int, shape: Int, type: Int, isFortran: Bool, bytes: Int, count: Int
  ) -> Bool {
    guard let shape = sizes(shape) else { return false }
    guard case .numpyType(let name) = self[type], let dtype = Self.arrayTypes[name] else {
      self[index] = .opaque("an array of an element type that is not supported")
      return true
    }
    var layout = TensorLayout(shape: shape)
    // Only then is it safe to multiply the sizes.
    guard let extent = layout.extent, extent * dtype.size == count else { return false }
    if isFortran, extent > 0 {
      layout.strides = shape.indices.map { shape[..<$0].reduce(1, *) }
    }
    // Several arrays may share bytes, which are then copied once.
    let storage = PickledStorage(key: "array \(bytes)", type: "UntypedStorage", count: count, bytes: bytes)
    fillArray(index, PickledTensor(storage: storage, dtype: dtype, layout: layout))
    return true
  }

  private static let arrayTypes: [String: DType] = [
    "f2": .float16, "f4": .float32, "f8": .float64, "i4": .int32, "i8": .int64, "u1": .uint8, "b1": .bool,
  ]
}

extension PickleGraph.Node {
  fileprivate var isTrue: Bool { if case .bool(let value) = self { value } else { false } }
}
