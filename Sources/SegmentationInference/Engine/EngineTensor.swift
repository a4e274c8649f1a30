import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A tensor of an engine's plan: either a map, which is one image with channels innermost ([H, W, C] in memory), or
/// plain numbers in order. It gets its place in the arena once all operations are known.
final class EngineTensor {
  enum Shape: Equatable {
    case map(height: Int, width: Int, channels: Int)
    case plain([Int])
  }

  let shape: Shape
  let type: ck_type
  /// The scale and zero point of a quantized map, whose bytes stand for numbers; `nil` for all others.
  let quantization: ck_quantization?
  /// The wider map that this tensor is a range of channels of, if it is one, and the first channel of that range.
  private(set) var base: EngineTensor?
  private(set) var firstChannel = 0
  /// The first operation that writes it, and the last that reads it or a part of it.
  fileprivate(set) var lifetime: ClosedRange<Int>?
  /// The distance from the arena's start in bytes, for a tensor without a base.
  fileprivate(set) var offset = 0
  /// The number of rows that there is memory for, for a tensor without a base; `nil` for all rows.
  private(set) var keptRows: Int?
  /// The descriptions of this tensor and of its parts, which are changed when its rows move.
  private var views: [UnsafeMutablePointer<ck_map>] = []
  private var start: UnsafeMutableRawPointer?
  private var firstRow = 0
  /// The description that kernels read; it is filled in once the arena is allocated.
  private let resolved = UnsafeMutablePointer<ck_map>.allocate(capacity: 1)

  init(_ shape: Shape, type: ck_type = CK_FLOAT32, quantization: ck_quantization? = nil) {
    self.shape = shape
    self.type = type
    self.quantization = quantization
  }

  /// Creates a tensor that is a range of channels of a map.
  convenience init(channels: Range<Int>, of base: EngineTensor) {
    self.init(
      .map(height: base.height, width: base.width, channels: channels.count), type: base.type,
      quantization: base.quantization)
    self.base = base
    firstChannel = channels.lowerBound
  }

  deinit { resolved.deallocate() }

  var height: Int { if case .map(let height, _, _) = shape { height } else { 1 } }
  var width: Int { if case .map(_, let width, _) = shape { width } else { 1 } }
  var channels: Int { if case .map(_, _, let channels) = shape { channels } else { count } }
  var isMap: Bool { if case .map = shape { true } else { false } }

  /// The shape: [1, C, H, W] for a map.
  var sizes: [Int] {
    switch shape {
    case .map(let height, let width, let channels): [1, channels, height, width]
    case .plain(let sizes): sizes
    }
  }

  var count: Int { sizes.reduce(1, *) }

  var bytesPerElement: Int {
    switch type {
    case CK_BFLOAT16: 2
    case CK_UINT8: 1
    default: 4
    }
  }

  /// The tensor that owns the memory: the widest map that this one is a part of, or this tensor itself.
  var root: EngineTensor { base?.root ?? self }

  /// The first channel within the root.
  var channelInRoot: Int { firstChannel + (base?.channelInRoot ?? 0) }

  /// Makes this tensor a part of a wider map, so that the operation that writes it writes straight into that map.
  func place(in base: EngineTensor, firstChannel: Int) {
    precondition(self.base == nil, "the tensor has a place already")
    self.base = base
    self.firstChannel = firstChannel
  }

  /// Limits the memory to this number of rows at a time.
  func keepRows(_ rows: Int) { keptRows = rows }

  /// The size of the memory in bytes.
  fileprivate var bytes: Int { count / height * (keptRows ?? height) * bytesPerElement }

  /// Moves rows to the start of the memory; all other rows are lost.
  func move(_ rows: Range<Int>) {
    let bytesPerRow = count / height * bytesPerElement
    memmove(start!, start! + (rows.lowerBound - firstRow) * bytesPerRow, rows.count * bytesPerRow)
    for view in views { view.pointee.data -= (rows.lowerBound - firstRow) * bytesPerRow }
    firstRow = rows.lowerBound
  }

  fileprivate func use(at operation: Int) {
    let root = root
    let lifetime = root.lifetime ?? operation...operation
    root.lifetime = min(lifetime.lowerBound, operation)...max(lifetime.upperBound, operation)
  }

  /// Takes the memory of another map if no operation needs that map after the one that writes this one.
  /// - Returns: False if the memory cannot be shared.
  fileprivate func take(memoryOf other: EngineTensor, at operation: Int) -> Bool {
    let root = other.root
    guard isMap, base == nil, shape == other.shape, shape == root.shape, type == root.type, let own = lifetime,
      let taken = root.lifetime,
      own.lowerBound == operation, taken.upperBound == operation
    else { return false }
    place(in: root, firstChannel: 0)
    root.lifetime = taken.lowerBound...max(taken.upperBound, own.upperBound)
    return true
  }

  /// The description that kernels take; valid once the arena is allocated.
  var map: UnsafePointer<ck_map> { UnsafePointer(resolved) }

  /// The address of the first element; valid once the arena is allocated.
  var data: UnsafeMutableRawPointer { resolved.pointee.data }

  /// Describes some rows of the map, or all of them for `nil`. A map of one row is always described whole.
  func rows(_ rows: Range<Int>?) -> ck_map {
    var part = resolved.pointee
    guard let rows, height > 1 else { return part }
    part.data += rows.lowerBound * Int(part.row) * bytesPerElement
    part.height = Int32(rows.count)
    return part
  }

  /// Sets the map's pointer and strides.
  fileprivate func resolve(arena: UnsafeMutableRawPointer) {
    let root = root
    let pixel = root.isMap ? root.channels : 1
    resolved.initialize(
      to: ck_map(
        data: arena + root.offset + channelInRoot * bytesPerElement, height: Int32(height), width: Int32(width),
        channels: Int32(channels), type: type, row: Int64(root.width * pixel), pixel: Int64(pixel)))
    root.start = arena + root.offset
    if !root.views.contains(resolved) { root.views.append(resolved) }
  }
}

/// The memory of all tensors of a plan. Tensors that are in use at the same time do not overlap.
final class Arena {
  let bytes: Int
  private let memory: SystemMemory

  /// - Parameters:
  ///   - operations: The operations in the order in which they run, with the tensors that each reads or writes.
  ///   - groups: Ranges of operations whose tensors are all in use at the same time, in order.
  ///   - persistent: Tensors that keep their memory from run to run: the input, the output, constants.
  /// - Throws: `EngineError.memory` if the system does not have that much memory.
  init(_ operations: [EngineOperation], groups: [Range<Int>], persistent: [EngineTensor]) throws(EngineError) {
    for (index, group) in groups.enumerated() { operations[group].forEach { $0.tensors.forEach { $0.use(at: index) } } }
    for tensor in persistent {
      tensor.use(at: 0)
      tensor.use(at: max(0, groups.count - 1))
    }
    let kept = Set(persistent.map { ObjectIdentifier($0.root) })
    for (index, group) in groups.enumerated() where group.count == 1 {
      let operation = operations[group.lowerBound]
      guard let output = operation.outputs.first, !kept.contains(ObjectIdentifier(output.root)) else { continue }
      _ = operation.replaceable.contains {
        !kept.contains(ObjectIdentifier($0.root)) && output.take(memoryOf: $0, at: index)
      }
    }
    let all = operations.flatMap(\.tensors) + persistent
    var seen = Set<ObjectIdentifier>()
    let roots = all.map(\.root).filter { seen.insert(ObjectIdentifier($0)).inserted }
    bytes = Self.place(roots)
    memory = try SystemMemory(bytes: bytes)
    for tensor in all { tensor.resolve(arena: memory.start) }
  }

  /// Makes the system provide all of the memory now, before the first run.
  func touch(_ pool: KernelPool) { memory.touch(pool) }

  private static let alignment = 64

  /// Gives each tensor the lowest offset that is free while it is in use, beginning with the largest tensor.
  /// - Returns: The number of bytes needed in all.
  private static func place(_ roots: [EngineTensor]) -> Int {
    func size(_ tensor: EngineTensor) -> Int {
      (tensor.bytes + alignment - 1) / alignment * alignment
    }
    var placed: [(range: Range<Int>, lifetime: ClosedRange<Int>)] = []
    var end = 0
    for tensor in roots.sorted(by: { size($0) > size($1) }) {
      let (bytes, lifetime) = (size(tensor), tensor.lifetime!)
      var offset = 0
      for other in placed where other.lifetime.overlaps(lifetime) {
        if offset + bytes <= other.range.lowerBound { break }
        offset = max(offset, other.range.upperBound)
      }
      tensor.offset = offset
      let index = placed.firstIndex { $0.range.lowerBound > offset } ?? placed.count
      placed.insert((offset..<offset + bytes, lifetime), at: index)
      end = max(end, offset + bytes)
    }
    return end
  }
}
