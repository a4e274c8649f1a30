import Foundation

/// The names that pickles use and what they mean here.
enum PickleGlobals {
  /// Whether a name leads out of the data into the machine, so that no honest checkpoint has it.
  ///
  /// Safety does not rest on this, since an unknown name is never called either. It only tells the user what kind of
  /// file it is.
  static func isHostile(module: String, name: String) -> Bool {
    let root = module.prefix { $0 != "." }
    if ["builtins", "__builtin__", "__builtins__"].contains(root) { return !harmlessBuiltins.contains(name) }
    return hostileModules.contains(String(root))
  }

  private static let harmlessBuiltins: Set<String> = [
    "getattr", "set", "frozenset", "list", "tuple", "dict", "object", "slice", "range", "xrange", "complex",
    "bytearray",
    "bytes", "str", "unicode", "int", "long", "float", "bool",
  ]

  private static let hostileModules: Set<String> = [
    "_pickle", "asyncio", "bdb", "cProfile", "code", "codeop", "commands", "ctypes", "importlib", "marshal",
    "multiprocessing", "nt", "ntpath", "operator", "os", "pdb", "pickle", "pip", "posix", "posixpath", "profile", "pty",
    "runpy", "shutil", "socket", "subprocess", "sys", "timeit", "webbrowser",
  ]
}

extension PickleGraph {
  /// The value that Python's function or class `name` would make of the arguments: an opaque one if it is not known
  /// here, or `nil` if the arguments are not as PyTorch writes them.
  mutating func call(_ name: String, _ arguments: [Int]) -> Int? {
    switch name {
    case "collections.OrderedDict": return orderedDict(arguments)
    case "collections.defaultdict": return addDictionary([])
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3":
      return tensor(name, arguments)
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "collections.Counter",
      "torch.Size", "builtins.tuple", "__builtin__.tuple", "builtins.list", "__builtin__.list",
      "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset", "torch.device":
      return arguments.first ?? addList([])
    case "torch._tensor._rebuild_from_type_v2":
      guard arguments.count == 4, case .global(let function) = self[arguments[0]], function != name,
        case .tuple(let inner) = self[arguments[2]]
      else { return nil }
      return call(function, inner)
    case "_codecs.encode", "builtins.bytearray", "__builtin__.bytearray", "builtins.bytes", "__builtin__.bytes":
      return bytes(arguments)
    case "numpy.dtype":
      guard let type = arguments.first.flatMap(string), type.utf8.count <= 16 else { return nil }
      return add(.numpyType(type))
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar": return numpyScalar(arguments)
    default: return add(.opaque("what Python's \(name) makes, which is not run here"))
    }
  }

  /// The arguments are empty, or a list of pairs.
  private mutating func orderedDict(_ arguments: [Int]) -> Int? {
    guard let first = arguments.first else { return addDictionary([], isOrderedDict: true) }
    guard let pairs = elements(first) else { return nil }
    noteCopy(of: 2 * pairs.count)
    var contents: [Int] = []
    for pair in pairs {
      guard let pair = elements(pair), pair.count == 2 else { return nil }
      contents += pair
    }
    return addDictionary(contents, isOrderedDict: true)
  }

  /// The arguments are (storage, offset, shape, strides, ...), and in the third version the element type follows behind
  /// two more.
  private mutating func tensor(_ name: String, _ arguments: [Int]) -> Int? {
    guard arguments.count >= 4, case .storage(let storage) = self[arguments[0]], let offset = int(arguments[1]),
      let shape = sizes(arguments[2]), let strides = sizes(arguments[3])
    else { return nil }
    var dtype = storage.dtype
    var type = storage.type
    if name.hasSuffix("_v3") {
      guard arguments.count >= 7, case .global(let global) = self[arguments[6]] else { return nil }
      type = global
      dtype = DType.allCases.first { global == "torch.\($0)" }
    }
    guard let dtype else { return add(.opaque("a tensor of \(type), which is not supported")) }
    return addTensor(
      PickledTensor(
        storage: storage, dtype: dtype, layout: TensorLayout(shape: shape, strides: strides, offset: offset)))
  }

  /// Python 3 writes bytes for Python 2 as text with one character for each byte.
  private mutating func bytes(_ arguments: [Int]) -> Int? {
    guard let first = arguments.first else { return add(.bytes([])) }
    switch self[first] {
    case .bytes: return first
    case .string(let text):
      noteCopy(of: text.utf8.count)
      let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
      return bytes.count == text.unicodeScalars.count ? add(.bytes(bytes)) : nil
    default: return nil
    }
  }

  /// The arguments are (type, bytes), little-endian.
  private mutating func numpyScalar(_ arguments: [Int]) -> Int? {
    guard arguments.count == 2 else { return nil }
    guard case .numpyType(let type) = self[arguments[0]], case .bytes(let bytes) = self[arguments[1]] else {
      return add(.opaque("a numpy scalar of an unusual type"))
    }
    guard bytes.count <= 8 else { return add(.opaque("a numpy scalar of type \(type)")) }
    let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch (type, bytes.count) {
    case ("f8", 8): return add(.double(Double(bitPattern: bits)))
    case ("f4", 4): return add(.double(Double(Float(bitPattern: UInt32(bits)))))
    case ("i8", 8): return add(.int(Int(Int64(bitPattern: bits))))
    case ("i4", 4): return add(.int(Int(Int32(bitPattern: UInt32(bits)))))
    case ("b1", 1): return add(.bool(bits != 0))
    default: return add(.opaque("a numpy scalar of type \(type)"))
    }
  }
}
