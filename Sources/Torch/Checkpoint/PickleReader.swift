/// Reads one pickle into a graph of values. Nothing is ever called: the names of functions and classes are either known
/// here or become opaque values.
struct PickleReader {
  private(set) var graph = PickleGraph()
  private var cursor: ByteCursor
  private let start: Int
  private var stack: [Int] = []
  /// The heights of the stack at the marks.
  private var marks: [Int] = []
  private var memo: [Int: Int] = [:]

  /// The storages met so far, by key. Old files need them to find the data.
  private(set) var storages: [String: PickledStorage] = [:]

  init(_ bytes: [UInt8], at position: Int = 0, file: String) {
    cursor = ByteCursor(bytes: bytes, position: position, file: file)
    start = position
  }

  /// The byte after the pickle.
  var end: Int { cursor.position }

  /// Reads the pickle; the result is the number of its value in `graph`.
  mutating func read() throws -> Int {
    while true {
      let code = try cursor.byte()
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw damaged("instruction 0x\(String(code, radix: 16)) is not allowed")
      }
      if opcode == .stop { return try pop() }
      try follow(opcode)
      guard graph.nodes.count <= PickleGraph.limit else { throw damaged("more than \(PickleGraph.limit) values") }
      // Bytes that are copied once must also stand in the file.
      guard graph.copied - (cursor.position - start) <= PickleGraph.limit else {
        throw damaged("it copies more than \(PickleGraph.limit) values")
      }
      guard graph.tensors <= PickleGraph.largestNumberOfTensors else {
        throw damaged("more than \(PickleGraph.largestNumberOfTensors) tensors")
      }
    }
  }

  private func damaged(_ problem: String) -> CheckpointError {
    CheckpointError(cursor.file, "the pickle is damaged or hostile (byte \(cursor.position)): \(problem)")
  }

  // MARK: Stack

  private mutating func push(_ node: PickleGraph.Node) { stack.append(graph.add(node)) }

  private mutating func pop() throws -> Int {
    guard stack.count > marks.last ?? 0 else { throw damaged("a value is missing") }
    return stack.removeLast()
  }

  private mutating func pop(_ count: Int) throws -> [Int] {
    guard stack.count - (marks.last ?? 0) >= count else { throw damaged("a value is missing") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private func top() throws -> Int {
    guard stack.count > marks.last ?? 0 else { throw damaged("a value is missing") }
    return stack[stack.count - 1]
  }

  private mutating func popToMark() throws -> [Int] {
    guard let mark = marks.popLast() else { throw damaged("a mark is missing") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  // MARK: Instructions

  private mutating func follow(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: break
    case .proto:
      let version = try cursor.byte()
      guard version <= 5 else { throw damaged("protocol \(version); 5 is the last one known") }
    case .frame: _ = try cursor.take(8)
    case .mark: marks.append(stack.count)
    case .pop: if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())
    case .binPut: memo[Int(try cursor.byte())] = try top()
    case .longBinPut: memo[Int(try cursor.integer(UInt32.self))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .binGet: try recall(Int(try cursor.byte()))
    case .longBinGet: try recall(Int(try cursor.integer(UInt32.self)))
    case .global:
      let module = try cursor.line()
      try pushGlobal(module, try cursor.line())
    case .stackGlobal:
      let names = try pop(2).compactMap(graph.string)
      guard names.count == 2 else { throw damaged("a global whose name is not text") }
      try pushGlobal(names[0], names[1])
    case .reduce, .newObject:
      let parts = try pop(2)
      stack.append(try call(parts[0], parts[1]))
    case .newObjectEx:
      let parts = try pop(3)
      stack.append(try call(parts[0], parts[1]))
    case .build: try build()
    case .binPersistent: try pushStorage()
    default: if try !followPlain(opcode) { try followContainer(opcode) }
    }
  }

  private mutating func recall(_ place: Int) throws {
    guard let node = memo[place] else { throw damaged("value \(place) is used before it is there") }
    stack.append(node)
  }

  private mutating func followPlain(_ opcode: PickleOpcode) throws -> Bool {
    switch opcode {
    case .none: push(.none)
    case .newTrue: push(.bool(true))
    case .newFalse: push(.bool(false))
    case .int: try pushDecimal(try cursor.line())
    case .binInt: push(.int(Int(try cursor.integer(Int32.self))))
    case .binInt1: push(.int(Int(try cursor.byte())))
    case .binInt2: push(.int(Int(try cursor.integer(UInt16.self))))
    case .long: try pushDecimal(String(try cursor.line().trimmingSuffix("L")))
    case .long1: pushLong(try cursor.take(Int(try cursor.byte())))
    case .long4: pushLong(try cursor.take(try cursor.length(Int32.self)))
    case .binFloat: push(.double(Double(bitPattern: try cursor.integer(UInt64.self).byteSwapped)))
    case .binString: pushByteString(try cursor.take(try cursor.length(Int32.self)))
    case .shortBinString: pushByteString(try cursor.take(Int(try cursor.byte())))
    case .binUnicode: push(.string(try cursor.text(try cursor.length(UInt32.self))))
    case .shortBinUnicode: push(.string(try cursor.text(Int(try cursor.byte()))))
    case .binUnicode8: push(.string(try cursor.text(try cursor.length(UInt64.self))))
    case .binBytes: push(.bytes(Array(try cursor.take(try cursor.length(UInt32.self)))))
    case .shortBinBytes: push(.bytes(Array(try cursor.take(Int(try cursor.byte())))))
    case .binBytes8, .byteArray8: push(.bytes(Array(try cursor.take(try cursor.length(UInt64.self)))))
    default: return false
    }
    return true
  }

  private mutating func pushDecimal(_ text: String) throws {
    switch text {
    case "00": push(.bool(false))
    case "01": push(.bool(true))
    default:
      guard let value = Int(text) else { throw damaged("'\(text)' is not an integer of 64 bits") }
      push(.int(value))
    }
  }

  /// The integer is little-endian, in two's complement.
  private mutating func pushLong(_ bytes: ArraySlice<UInt8>) {
    let isNegative = bytes.last.map { $0 >= 0x80 } ?? false
    guard bytes.count <= 8 else { return push(.opaque("an integer of more than 64 bits")) }
    push(.int(bytes.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }))
  }

  /// A string of Python 2: text if the bytes are text.
  private mutating func pushByteString(_ bytes: ArraySlice<UInt8>) {
    push(String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(Array(bytes)))
  }

  private mutating func followContainer(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .emptyTuple: push(.tuple([]))
    case .tuple: push(.tuple(try popToMark()))
    case .tuple1: push(.tuple(try pop(1)))
    case .tuple2: push(.tuple(try pop(2)))
    case .tuple3: push(.tuple(try pop(3)))
    case .emptyList, .emptySet: stack.append(graph.addList([]))
    case .list, .frozenSet: stack.append(graph.addList(try popToMark()))
    case .append: try extendList([try pop()])
    case .appends, .addItems: try extendList(try popToMark())
    case .emptyDict: stack.append(graph.addDictionary([]))
    case .dict: stack.append(graph.addDictionary(try pairs(popToMark())))
    case .setItem: try extendDictionary(try pop(2))
    case .setItems: try extendDictionary(try popToMark())
    default: preconditionFailure("an instruction without a rule: \(opcode)")
    }
  }

  private mutating func extendList(_ elements: [Int]) throws {
    switch graph[try top()] {
    case .list(let place): graph.extend(place, with: elements)
    case .opaque: break
    default: throw damaged("elements for something that is not a list")
    }
  }

  private mutating func extendDictionary(_ elements: [Int]) throws {
    switch graph[try top()] {
    case .dictionary(let place, _): graph.extend(place, with: try pairs(elements))
    case .opaque: break
    default: throw damaged("items for something that is not a dictionary")
    }
  }

  private func pairs(_ elements: [Int]) throws -> [Int] {
    guard elements.count.isMultiple(of: 2) else { throw damaged("a key without a value") }
    return elements
  }

  // MARK: Names

  private mutating func pushGlobal(_ module: String, _ name: String) throws {
    guard module.utf8.count + name.utf8.count <= 1000 else { throw damaged("a name of thousands of characters") }
    guard !PickleGlobals.isHostile(module: module, name: name) else {
      throw CheckpointError(
        cursor.file,
        "the file is hostile: it asks Python for \(module).\(name), which could run anything; nothing of it was run")
    }
    push(.global("\(module).\(name)"))
  }

  private mutating func call(_ function: Int, _ arguments: Int) throws -> Int {
    guard case .tuple(let arguments) = graph[arguments] else { throw damaged("arguments that are not a tuple") }
    switch graph[function] {
    case .global(let name):
      guard let result = graph.call(name, arguments) else {
        throw damaged("\(name) with other arguments than PyTorch writes")
      }
      return result
    case .opaque(let what): return graph.add(.opaque(what))
    default: throw damaged("a call of something that is not a function")
    }
  }

  /// Attributes given to an object: only the byte order of a numpy type matters.
  private mutating func build() throws {
    let state = try pop()
    let object = try top()
    if case .numpyType(let type) = graph[object], let fields = graph.elements(state), fields.count > 1,
      graph.string(fields[1]) == ">"
    {
      graph[object] = .opaque("a big-endian numpy type \(type)")
    }
  }

  /// The tuple is ("storage", class, key, device, count[, view]). A view is None or (key, offset, count).
  private mutating func pushStorage() throws {
    guard let fields = graph.elements(try pop()), let kind = fields.first.flatMap(graph.string) else {
      throw damaged("a reference to something that is not a storage")
    }
    // Old files of whole modules refer to a class with its source.
    if kind == "module", fields.count == 4 { return stack.append(fields[1]) }
    guard kind == "storage", fields.count >= 5, case .global(let type) = graph[fields[1]],
      let key = graph.string(fields[2]), key.utf8.count <= 256, let count = graph.int(fields[4])
    else { throw damaged("a reference to something that is not a storage") }
    let name = type.split(separator: ".").last.map(String.init) ?? ""
    guard type.hasPrefix("torch."), let item = PickledStorage.types[name] else {
      throw damaged("unknown kind of storage \(type)")
    }
    guard count >= 0, !count.multipliedReportingOverflow(by: item.size).overflow else {
      throw damaged("a storage of \(count) elements")
    }
    var storage = PickledStorage(key: key, type: name, count: count)
    if let known = storages[key], known.type != name || known.count != count {
      throw damaged("storage '\(key)' is described in two ways")
    }
    storages[key] = storage
    if fields.count > 5, let view = graph.elements(fields[5]) {
      guard view.count == 3, let offset = graph.int(view[1]), let size = graph.int(view[2]),
        offset >= 0, size >= 0, offset <= count, size <= count - offset
      else { throw damaged("a view that goes beyond its storage '\(key)'") }
      storage.view = offset..<offset + size
    }
    push(.storage(storage))
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: Character) -> Substring { last == suffix ? dropLast() : self[...] }
}
