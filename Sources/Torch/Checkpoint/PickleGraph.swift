/// Values as a pickle builds them, which refer to each other by number: they may share parts and even contain
/// themselves.
struct PickleGraph {
  enum Node {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    /// The place of the elements in `contents`.
    case list(Int)
    case tuple([Int])
    /// The place of keys and values, alternating, in `contents`.
    case dictionary(Int, isOrderedDict: Bool)
    /// A class or function by its full name.
    case global(String)
    case storage(PickledStorage)
    case tensor(PickledTensor)
    /// The type of numpy scalars, as `f8`.
    case numpyType(String)
    case opaque(String)
  }

  private(set) var nodes: [Node] = []
  private var contents: [[Int]] = []
  /// The number of elements and bytes that calls have copied so far. A pickle refers to a list in two bytes, however
  /// long the list is.
  private(set) var copied = 0
  private(set) var tensors = 0

  /// Checkpoints have far fewer values, and memory holds this many.
  static let limit = 1 << 24
  /// Each of these values takes hundreds of bytes.
  static let largestNumberOfTensors = 1 << 20

  subscript(index: Int) -> Node {
    get { nodes[index] }
    set { nodes[index] = newValue }
  }

  mutating func add(_ node: Node) -> Int {
    nodes.append(node)
    return nodes.count - 1
  }

  mutating func addTensor(_ tensor: PickledTensor) -> Int {
    tensors += 1
    return add(.tensor(tensor))
  }

  mutating func noteCopy(of count: Int) { copied += count }

  mutating func addList(_ elements: [Int]) -> Int {
    contents.append(elements)
    return add(.list(contents.count - 1))
  }

  mutating func addDictionary(_ elements: [Int], isOrderedDict: Bool = false) -> Int {
    contents.append(elements)
    return add(.dictionary(contents.count - 1, isOrderedDict: isOrderedDict))
  }

  func contents(_ place: Int) -> [Int] { contents[place] }

  mutating func extend(_ place: Int, with elements: some Sequence<Int>) { contents[place].append(contentsOf: elements) }

  /// The elements of a list or tuple.
  func elements(_ index: Int) -> [Int]? {
    switch nodes[index] {
    case .list(let place): contents[place]
    case .tuple(let elements): elements
    default: nil
    }
  }

  func int(_ index: Int) -> Int? { if case .int(let value) = nodes[index] { value } else { nil } }
  func string(_ index: Int) -> String? { if case .string(let value) = nodes[index] { value } else { nil } }

  /// The elements of a list or tuple of integers, as many as a tensor has dimensions.
  func sizes(_ index: Int) -> [Int]? {
    guard let elements = elements(index), elements.count <= TensorLayout.largestRank else { return nil }
    let values = elements.compactMap(int)
    return values.count == elements.count ? values : nil
  }
}

/// A storage that a pickle refers to; its bytes stand elsewhere in the file.
struct PickledStorage {
  let key: String
  /// PyTorch's class, such as `FloatStorage`.
  let type: String
  /// The number of elements, of `itemSize` bytes each.
  let count: Int
  /// The part of the storage that is meant, if that is not the whole. Only old files have it.
  var view: Range<Int>?

  /// The element type; `nil` if tensors cannot have it here.
  var dtype: DType? { PickledStorage.types[type]?.dtype }
  var itemSize: Int { PickledStorage.types[type]!.size }

  static let types: [String: (dtype: DType?, size: Int)] = [
    "FloatStorage": (.float32, 4), "HalfStorage": (.float16, 2), "BFloat16Storage": (.bfloat16, 2),
    "DoubleStorage": (.float64, 8), "ByteStorage": (.uint8, 1), "IntStorage": (.int32, 4), "LongStorage": (.int64, 8),
    "BoolStorage": (.bool, 1), "UntypedStorage": (.uint8, 1), "CharStorage": (nil, 1), "ShortStorage": (nil, 2),
    "ComplexFloatStorage": (nil, 8), "ComplexDoubleStorage": (nil, 16), "QInt8Storage": (nil, 1),
    "QUInt8Storage": (nil, 1), "QInt32Storage": (nil, 4),
  ]
}

/// A tensor as a pickle describes it, not checked yet.
struct PickledTensor {
  let storage: PickledStorage
  let dtype: DType
  let layout: TensorLayout
}
