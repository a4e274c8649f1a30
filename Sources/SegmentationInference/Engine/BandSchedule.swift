import CKernels

/// Tells which rows of its inputs an operation needs for some rows of its output.
struct RowBands {
  /// The number of output rows that the kernel makes together; a band begins at a multiple of it.
  var step = 1
  /// Takes rows of the output and returns, for each input in order, the rows that they need. These may reach over the
  /// map's edges.
  let needs: (Range<Int>) -> [Range<Int>]

  /// An operation whose output row needs the same row of every input.
  static var elementwise: RowBands { RowBands { rows in [rows] } }
}

extension RowBands {
  init(_ window: ck_window) {
    let (stride, pad) = (Int(window.stride_height), Int(window.pad_top))
    let extent = Int(window.kernel_height - 1) * Int(window.dilation_height) + 1
    self.init { rows in [rows.lowerBound * stride - pad..<(rows.upperBound - 1) * stride - pad + extent] }
  }
}

extension ck_rows {
  init(_ rows: Range<Int>) { self.init(begin: Int32(rows.lowerBound), end: Int32(rows.upperBound)) }
}

/// Calls a kernel that turns one map into another of the same height, for some rows of both (all of them for `nil`).
func withRows(
  _ rows: Range<Int>?, _ input: EngineTensor, _ output: EngineTensor,
  _ call: (UnsafePointer<ck_map>, UnsafePointer<ck_map>) -> Bool
) -> Bool {
  var (from, to) = (input.rows(rows), output.rows(rows))
  return call(&from, &to)
}

/// The order in which a plan calls its kernels.
///
/// A band is a few neighbouring rows of a map. Neighbouring operations on large maps take turns, one band each, so that
/// what one operation writes is still in the processor's cache when the next one reads it. If nothing outside the group
/// reads a map, memory holds only the rows that are in use at the same time.
struct BandSchedule {
  enum Call {
    /// Makes some rows of an operation's output, or all of them for `nil`.
    case run(operation: Int, rows: Range<Int>?)
    /// Moves the rows of a map that are still in use to the start of its memory.
    case move(EngineTensor, rows: Range<Int>)
  }

  private(set) var calls: [Call] = []
  /// Operations whose maps live at the same time, in order.
  private(set) var groups: [Range<Int>] = []

  /// The number of bytes that the operations of a group should write in one turn.
  private let turn: Int

  /// - Parameters:
  ///   - steps: The operations' steps, in the same order. If there are none, each operation runs as a whole.
  ///   - cacheBytes: The size of the processor's caches in bytes.
  init(_ operations: [EngineOperation], _ steps: [EngineStep], persistent: [EngineTensor], cacheBytes: Int) {
    turn = max(1, cacheBytes / 4)
    var users: [ObjectIdentifier: ClosedRange<Int>] = [:]
    for (index, operation) in operations.enumerated() {
      for id in operation.tensors.map({ ObjectIdentifier($0.root) }) {
        users[id] = (users[id]?.lowerBound ?? index)...index
      }
    }
    for id in persistent.map({ ObjectIdentifier($0.root) }) { users[id] = nil }
    var index = 0
    while index < operations.count {
      var end = index
      while end < steps.count, steps[end].bands != nil, Self.isLarge(operations[end], cacheBytes: cacheBytes) {
        end += 1
      }
      if end - index > 1 {
        groups.append(index..<end)
        let group = index..<end
        let own = users.filter { group.contains($0.value.lowerBound) && group.contains($0.value.upperBound) }
        addTurns(operations, steps, group)
        keepRowsInUse(operations, steps, group, Set(own.keys))
        index = end
      } else {
        groups.append(index..<index + 1)
        calls.append(.run(operation: index, rows: nil))
        index += 1
      }
    }
  }

  /// Whether an operation's maps are so large that taking turns pays. Smaller maps stay in the cache anyway.
  static func isLarge(_ operation: EngineOperation, cacheBytes: Int) -> Bool {
    bytes(operation.tensors) > cacheBytes * 3 / 8
  }

  static func bytes(_ tensors: [EngineTensor]) -> Int {
    tensors.reduce(0) { $0 + $1.count * $1.bytesPerElement }
  }

  private mutating func addTurns(_ operations: [EngineOperation], _ steps: [EngineStep], _ range: Range<Int>) {
    let lines = range.map { steps[$0].bands!.step }
    let heights = range.map { operations[$0].outputs[0].height }
    let bytes = range.reduce(0) { $0 + Self.bytes(operations[$1].outputs) }
    // A turn keeps enough rows for all threads to have a share.
    let most = zip(heights, lines).map { $0 / max(8, 2 * $1) }.min()!
    let turns = max(1, min(most, bytes / turn))
    // For each input, the operations of the range that write into it.
    let writers = range.map { reader in
      operations[reader].inputs.map { input in
        (range.lowerBound..<reader).filter { writer in
          !operations[writer].inputs.isEmpty && operations[writer].outputs.contains { $0.overlaps(input) }
        }
      }
    }
    var done = [Int](repeating: 0, count: range.count)
    // Operations that need rows which are not there yet fall behind; they catch up when the first ones have finished.
    while done != heights {
      for (index, operation) in range.enumerated() {
        let (height, line, bands) = (heights[index], lines[index], steps[operation].bands!)
        let share = (height + turns - 1) / turns
        var end = min(height, (done[index] + share + line - 1) / line * line)
        // The band ends at the last row that the inputs written so far allow.
        while end > done[index] {
          let needs = bands.needs(done[index]..<end)
          let isReady = zip(zip(operations[operation].inputs, writers[index]), needs).allSatisfy { input, rows in
            input.1.allSatisfy { done[$0 - range.lowerBound] >= min(rows.upperBound, input.0.height) }
          }
          if isReady { break }
          end = end == height ? (height - 1) / line * line : end - line
        }
        guard end > done[index] else { continue }
        calls.append(.run(operation: operation, rows: done[index]..<end))
        done[index] = end
      }
    }
  }

  /// Gives maps that only this group uses memory for the rows that are in use at the same time.
  private mutating func keepRowsInUse(
    _ operations: [EngineOperation], _ steps: [EngineStep], _ range: Range<Int>, _ own: Set<ObjectIdentifier>
  ) {
    let first = calls.lastIndex { if case .run(let operation, _) = $0 { operation < range.lowerBound } else { true } }
    let turns = Array(calls[(first.map { $0 + 1 } ?? 0)...])
    var seen: Set<ObjectIdentifier> = []
    let maps = range.flatMap { operations[$0].outputs.map(\.root) }
      .filter { own.contains(ObjectIdentifier($0)) && $0.isMap && seen.insert(ObjectIdentifier($0)).inserted }
    var moves: [Int: [Call]] = [:]
    for map in maps {
      var usage = RowUsage(of: map, operations, steps, range)
      var live: [(turn: Int, rows: Range<Int>)] = []
      for (index, call) in turns.enumerated() {
        guard case .run(let operation, let rows?) = call else { continue }
        if usage.writers.contains(operation) { live.append((index, usage.first..<max(usage.end, rows.upperBound))) }
        usage.advance(operation, to: rows.upperBound)
      }
      let room = live.map(\.rows.count).max() ?? map.height
      guard room < map.height else { continue }
      map.keepRows(room)
      var (start, end) = (0, 0)
      moves[0, default: []].append(.move(map, rows: 0..<0))
      for (turn, rows) in live {
        if rows.upperBound > start + room {
          start = rows.lowerBound
          moves[turn, default: []].append(.move(map, rows: start..<max(start, end)))
        }
        end = rows.upperBound
      }
    }
    calls.removeLast(turns.count)
    for (index, call) in turns.enumerated() { calls += moves[index, default: []] + [call] }
  }
}

/// Tells which rows of a map are in use while operations take turns.
private struct RowUsage {
  private(set) var writers: Set<Int> = []
  private let height: Int
  /// The number of rows that each operation has made so far.
  private var made: [Int: Int] = [:]
  /// For each reader, a function from the number of rows that it has made to the first row of the map that it still
  /// needs.
  private var needs: [Int: (Int) -> Int] = [:]

  init(of map: EngineTensor, _ operations: [EngineOperation], _ steps: [EngineStep], _ range: Range<Int>) {
    height = map.height
    for index in range where !operations[index].inputs.isEmpty {
      let operation = operations[index]
      if operation.outputs.contains(where: { $0.root === map }) { writers.insert(index) }
      let places = operation.inputs.indices.filter { operation.inputs[$0].root === map }
      guard !places.isEmpty else { continue }
      let (rows, bands) = (operation.outputs[0].height, steps[index].bands!)
      needs[index] = { made in
        if made == rows { return map.height }
        let needed = bands.needs(made..<made + 1)
        return places.map { max(0, needed[$0].lowerBound) }.min()!
      }
    }
    for index in writers.union(needs.keys) { made[index] = 0 }
  }

  /// The first row in use: every row before it has been written, and no reader needs it again.
  var first: Int {
    min(needs.map { $1(made[$0]!) }.min() ?? height, writers.map { made[$0]! }.min() ?? 0)
  }

  /// The end of the rows written so far.
  var end: Int { writers.map { made[$0]! }.max() ?? 0 }

  mutating func advance(_ operation: Int, to row: Int) {
    if made[operation] != nil { made[operation] = row }
  }
}

extension EngineTensor {
  /// Whether both tensors have elements in common.
  fileprivate func overlaps(_ other: EngineTensor) -> Bool {
    root === other.root && channelInRoot < other.channelInRoot + other.channels
      && other.channelInRoot < channelInRoot + channels
  }
}
