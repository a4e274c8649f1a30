import CTorch

/// Writes a value as a pickle of protocol 2, of nothing but what PyTorch's `weights_only` reader allows.
struct PickleWriter {
  let file: String
  /// The whole memory of each tensor written, as uint8. Its number is its key.
  private(set) var storages: [Tensor] = []
  private var bytes: [UInt8] = [PickleOpcode.proto.rawValue, 2]
  private var known: [StorageIdentity: Int] = [:]
  private var path: [String] = []

  private struct StorageIdentity: Hashable {
    let address: UnsafeRawPointer
    let device: Device
    let dtype: DType
  }

  init(file: String) { self.file = file }

  /// The whole pickle.
  func finished() -> [UInt8] { bytes + [PickleOpcode.stop.rawValue] }

  mutating func write(_ value: PickleValue) throws {
    switch value {
    case .none: put(.none)
    case .bool(let value): put(value ? .newTrue : .newFalse)
    case .int(let value): put(value)
    case .double(let value):
      put(.binFloat)
      put(little: value.bitPattern.byteSwapped)
    case .string(let text): put(text)
    case .bytes(let bytes): putBytes(bytes)
    case .tensor(let tensor): put(tensor)
    case .list(let values):
      put(.emptyList)
      put(.mark)
      try put(values)
      put(.appends)
    case .tuple(let values):
      put(.mark)
      try put(values)
      put(.tuple)
    case .dictionary(let dictionary): try put(dictionary)
    case .opaque(let what): throw refuse("cannot be written", found: what)
    }
  }

  private func refuse(_ problem: String, found: String) -> CheckpointError {
    CheckpointError(
      file, key: path.joined(separator: " / "), problem, expected: "a plain value or tensor", found: found)
  }

  // MARK: Values

  private mutating func put(_ values: [PickleValue]) throws {
    for (index, value) in values.enumerated() {
      path.append("\(index)")
      try write(value)
      path.removeLast()
    }
  }

  private mutating func put(_ dictionary: PickleDictionary) throws {
    if dictionary.isOrderedDict { putOrderedDict() } else { put(.emptyDict) }
    put(.mark)
    for (key, value) in dictionary.pairs {
      path.append(key.text)
      switch key {
      case .string(let text): put(text)
      case .int(let value): put(value)
      case .other(let text): throw refuse("cannot be written", found: "the key \(text)")
      }
      try write(value)
      path.removeLast()
    }
    put(.setItems)
  }

  private mutating func putOrderedDict() {
    put(global: "collections", "OrderedDict")
    put(.emptyTuple)
    put(.reduce)
  }

  private mutating func put(_ tensor: Tensor) {
    put(global: "torch._utils", "_rebuild_tensor_v2")
    put(.mark)
    let offset = putStorage(of: tensor)
    put(offset)
    for sizes in [tensor.shape, tensor.strides] {
      put(.mark)
      sizes.forEach { put($0) }
      put(.tuple)
    }
    put(.newFalse)
    putOrderedDict()
    put(.tuple)
    put(.reduce)
  }

  /// Writes a reference to a tensor's memory.
  /// - Returns: The element of that memory at which the tensor begins.
  private mutating func putStorage(of tensor: Tensor) -> Int {
    var address: UnsafeRawPointer?
    var offset = 0
    let storage = Tensor.make { ct_storage(tensor.handle, $0, &address, &offset) }
    let identity = address.map { StorageIdentity(address: $0, device: tensor.device, dtype: tensor.dtype) }
    let number = identity.flatMap { known[$0] } ?? storages.count
    if number == storages.count {
      storages.append(storage)
      if let identity { known[identity] = number }
    }
    put(.mark)
    put("storage")
    put(
      global: "torch", PickledStorage.types.first { $0.key != "UntypedStorage" && $0.value.dtype == tensor.dtype }!.key)
    put("\(number)")
    put("cpu")
    put(storage.count / tensor.dtype.size)
    put(.tuple)
    put(.binPersistent)
    return offset
  }

  /// Python 3 writes bytes in protocol 2 as text with one character for each byte.
  private mutating func putBytes(_ bytes: [UInt8]) {
    put(global: "_codecs", "encode")
    put(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })))
    put("latin1")
    put(.tuple2)
    put(.reduce)
  }

  // MARK: Bytes

  private mutating func put(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

  private mutating func put(little value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func put(global module: String, _ name: String) {
    put(.global)
    bytes.append(contentsOf: Array("\(module)\n\(name)\n".utf8))
  }

  private mutating func put(_ text: String) {
    put(.binUnicode)
    put(little: UInt32(text.utf8.count))
    bytes.append(contentsOf: Array(text.utf8))
  }

  private mutating func put(_ value: Int) {
    if let small = Int32(exactly: value) {
      put(.binInt)
      put(little: small)
    } else {
      put(.long1)
      bytes.append(8)
      put(little: value)
    }
  }
}
