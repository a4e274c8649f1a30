/// A stream of little-endian values.
struct Stream {
  private(set) var bytes: [UInt8] = []

  mutating func add<T>(_ value: T) { withUnsafeBytes(of: value) { bytes += $0 } }
  mutating func add(_ text: String) {
    add(UInt32(text.utf8.count))
    bytes += text.utf8
  }
  mutating func add(_ list: [[UInt8]]) {
    add(UInt32(list.count))
    for element in list { bytes += element }
  }
  mutating func add(_ list: [Int]) { add(list.map { number in Self.of { $0.add(UInt32(number)) } }) }
  mutating func add(raw: [UInt8]) { bytes += raw }

  static func of(_ body: (inout Stream) -> Void) -> [UInt8] {
    var stream = Stream()
    body(&stream)
    return stream.bytes
  }

  static func numbers(_ values: Int...) -> [UInt8] { of { stream in values.forEach { stream.add(Int32($0)) } } }
}

/// Writes small programs in the format of files, independently of the code that reads them.
struct ProgramWriter: Sendable {
  struct Plan: Sendable {
    var height: Int
    var width: Int
    var tensors: [[UInt8]] = []
    var instructions: [[UInt8]] = []
    var scores = -1
    var classes = -1

    mutating func tensor(_ sizes: [Int], type: Int = 0, base: Int = -1, channel: Int = 0) -> Int {
      tensors.append(
        Stream.of { stream in
          stream.add(UInt8(type))
          stream.add(UInt8(sizes.count))
          sizes.forEach { stream.add(Int32($0)) }
          stream.add(Float(0))
          stream.add(Int32(0))
          stream.add(Int32(base))
          stream.add(Int32(channel))
        })
      return tensors.count - 1
    }

    mutating func add(
      _ kernel: Int, _ inputs: [Int], _ outputs: [Int], replaceable: [UInt8] = [], _ parameters: [UInt8] = []
    ) {
      instructions.append(
        Stream.of { stream in
          stream.add(UInt16(kernel))
          stream.add("operator")
          stream.add("module")
          stream.add(UInt64(1))
          stream.add(inputs)
          stream.add(outputs)
          stream.add(replaceable.map { [$0] })
          stream.add(raw: parameters)
        })
    }
  }

  var version: UInt32 = 1
  /// The type and the mean and deviation of each channel of images that are no RGB, for version 2.
  var channels: (type: UInt8, normalization: [(mean: Double, std: Double)])?
  private var weights: [[UInt8]] = []
  private var floats: [UInt8] = []
  var plans: [Plan] = []

  mutating func weight(_ values: [Float], _ sizes: [Int]) -> Int {
    floats += [UInt8](repeating: 0, count: (64 - floats.count % 64) % 64)
    let offset = floats.count
    weights.append(
      Stream.of { stream in
        stream.add(UInt8(0))
        stream.add(UInt8(sizes.count))
        sizes.forEach { stream.add(Int32($0)) }
        stream.add(UInt64(offset))
      })
    for value in values { withUnsafeBytes(of: value) { floats += $0 } }
    return weights.count - 1
  }

  /// The parameters of an activation without numbers (see ck_activation_kind).
  static func activation(_ kind: Int = 0) -> [UInt8] {
    Stream.of { stream in
      stream.add(UInt8(kind))
      stream.add(Float(0))
      stream.add(Float(0))
      stream.add(Int32(-1))
    }
  }

  static func convolution(
    weight: Int, bias: Int = -1, stride: Int = 1, padding: Int = 0, residual: UInt8 = 0, activation: Int = 0
  ) -> [UInt8] {
    [0] + Stream.numbers(weight, bias, stride, stride, padding, padding, 1, 1, 1) + [residual]
      + Self.activation(activation) + [0]
  }

  var bytes: [UInt8] {
    let description = Stream.of { stream in
      stream.add("net")
      stream.add("")
      stream.add("1.0")
      stream.add(UInt8(0))
      stream.add(-1.0)
      for value in [0.5, 0.5, 0.5, 0.25, 0.25, 0.25] { stream.add(value) }
      for value: Float in [1 / 64, 1 / 64, 1 / 64, -2, -2, -2] { stream.add(value) }
      stream.add([Int]())
      if let channels {
        stream.add(
          channels.normalization.map { channel in
            Stream.of { stream in
              stream.add(channel.mean)
              stream.add(channel.std)
            }
          })
        stream.add(channels.type)
      }
    }
    let program = Stream.of { stream in
      stream.add(weights)
      stream.add(
        plans.map { plan in
          Stream.of { stream in
            stream.add(raw: Stream.numbers(plan.height, plan.width, 0))
            stream.add(plan.tensors)
            stream.add([Int]())
            stream.add(plan.instructions)
            stream.add(raw: Stream.numbers(plan.scores, plan.classes))
          }
        })
    }
    var file = [UInt8](repeating: 0, count: 64 + 3 * 32)
    var table = Stream()
    for (kind, section) in [(1, description), (2, program), (3, floats)] {
      let alignment = kind < 3 ? 64 : 4096
      file += [UInt8](repeating: 0, count: (alignment - file.count % alignment) % alignment)
      table.add(UInt32(kind))
      table.add(Self.checksum(section))
      table.add(UInt64(file.count))
      table.add(UInt64(section.count))
      table.add(UInt64(0))
      file += section
    }
    file.replaceSubrange(64..<160, with: table.bytes)
    let header = Stream.of { stream in
      stream.add(raw: Array("RTSEGNET".utf8))
      stream.add(version)
      stream.add(UInt32(3))
      stream.add(UInt64(file.count))
    }
    file.replaceSubrange(0..<24, with: header)
    Self.repairHeader(&file)
    return file
  }

  /// Makes the checksums of the header, the description and the plans fit again after bytes have been changed.
  static func repair(_ file: inout [UInt8]) {
    for entry in stride(from: 64, to: 128, by: 32) {
      func number(_ place: Int) -> Int? {
        Int(exactly: file[entry + place..<entry + place + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
      }
      guard let offset = number(8), let length = number(16), offset <= file.count, length <= file.count - offset
      else { continue }
      set(&file, entry + 4, checksum(Array(file[offset..<offset + length])))
    }
    repairHeader(&file)
  }

  private static func repairHeader(_ file: inout [UInt8]) {
    set(&file, 24, 0)
    set(&file, 24, checksum(Array(file[0..<160])))
  }

  private static func set(_ file: inout [UInt8], _ place: Int, _ value: UInt32) {
    withUnsafeBytes(of: value) { file.replaceSubrange(place..<place + 4, with: $0) }
  }

  /// The CRC-32 of IEEE 802.3, bit by bit.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value = ~UInt32(0)
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
    }
    return ~value
  }
}
