import CKernels

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A tensor of an engine's plan: a map (one image, channels innermost) or plain numbers in order. It has a place in the
/// arena once all operations are known.
final class EngineTensor {
  enum Shape: Equatable {
    case map(height: Int, width: Int, channels: Int)
    case plain([Int])
  }

  let shape: Shape
  let type: ck_type
  /// What bytes stand for.
  let quantization: ck_quantization?
  /// The wider map that this one is some channels of, and the first of them.
  private(set) var base: EngineTensor?
  private(set) var firstChannel = 0
  /// The first operation that writes it, and the last that reads it or a part of it.
  fileprivate(set) var lifetime: ClosedRange<Int>?
  /// Bytes from the arena's start, of tensors without a base.
  fileprivate(set) var offset = 0
  /// Rows that there is memory for, of tensors without a base.
  private(set) var keptRows: Int?
  /// The descriptions of this tensor and its parts.
  private var views: [UnsafeMutablePointer<ck_map>] = []
  private var start: UnsafeMutableRawPointer?
  private var firstRow = 0
  /// Filled in once the arena is there.
  private let resolved = UnsafeMutablePointer<ck_map>.allocate(capacity: 1)

  init(_ shape: Shape, type: ck_type = CK_FLOAT32, quantization: ck_quantization? = nil) {
    self.shape = shape
    self.type = type
    self.quantization = quantization
  }

  /// Some channels of a map.
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

  /// [N, C, H, W] of a map, or the plain shape.
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

  /// The tensor whose memory this one lies in.
  var root: EngineTensor { base?.root ?? self }

  /// The first channel within the root.
  var channelInRoot: Int { firstChannel + (base?.channelInRoot ?? 0) }

  /// Makes this tensor a part of a wider map, so that what writes it writes there.
  func place(in base: EngineTensor, firstChannel: Int) {
    precondition(self.base == nil, "the tensor has a place already")
    self.base = base
    self.firstChannel = firstChannel
  }

  /// Makes memory hold so many rows at a time in place of all.
  func keepRows(_ rows: Int) { keptRows = rows }

  /// Bytes of the memory.
  fileprivate var bytes: Int { count / height * (keptRows ?? height) * bytesPerElement }

  /// Moves rows to the start of the memory; others are lost.
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

  /// Lies where another map lies that no operation needs after the one that writes this; false where it cannot.
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

  /// The map for kernels; valid once the arena is there.
  var map: UnsafePointer<ck_map> { UnsafePointer(resolved) }

  /// The first element; valid once the arena is there.
  var data: UnsafeMutableRawPointer { resolved.pointee.data }

  /// Some rows of the map, or all; of a map of one row, that one.
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

/// Memory for all tensors of a plan, each where no other lives at the same time.
final class Arena {
  let bytes: Int
  private let memory: SystemMemory

  /// - Parameters:
  ///   - operations: In order, with the tensors that each reads or writes.
  ///   - groups: Operations whose tensors live at the same time, in order.
  ///   - persistent: Those that keep their place from run to run: the input, the output, constants.
  /// - Throws: `EngineError.memory` if the system does not have that much.
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

  /// Takes the memory from the system, before the first run.
  func touch(_ pool: KernelPool) { memory.touch(pool) }

  private static let alignment = 64

  /// Gives each tensor the lowest place that is free while it lives, the largest first; returns the bytes needed.
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
