import Basics
import CKernels
import Testing
import Torch

/// A map with memory of its own, gaps between pixels and rows, and NaN in the gaps.
final class KernelMap {
  private(set) var map: ck_map
  private let memory: UnsafeMutableBufferPointer<UInt8>

  init(_ height: Int, _ width: Int, _ channels: Int, type: ck_type = CK_FLOAT32, gap: Int = 0) {
    let pixel = channels + gap
    let row = pixel * width + gap
    let size = type == CK_FLOAT32 ? 4 : type == CK_BFLOAT16 ? 2 : 1
    memory = .allocate(capacity: row * height * size)
    memory.initialize(repeating: 0xff)
    map = ck_map(
      data: memory.baseAddress, height: Int32(height), width: Int32(width), channels: Int32(channels), type: type,
      row: Int64(row), pixel: Int64(pixel))
  }

  /// From an image tensor [1, C, H, W].
  convenience init(_ tensor: Tensor, type: ck_type = CK_FLOAT32, gap: Int = 0) {
    let shape = tensor.shape
    self.init(shape[2], shape[3], shape[1], type: type, gap: gap)
    write(tensor)
  }

  /// Overwrites the map with a tensor [1, C, H, W].
  func write(_ tensor: Tensor) {
    let elements = tensor.permute([0, 2, 3, 1]).contiguous().elements(Float.self)
    for (index, offset) in offsets.enumerated() { self[offset] = elements[index] }
  }

  deinit { memory.deallocate() }

  /// [1, C, H, W], float32.
  var tensor: Tensor {
    Tensor(offsets.map { self[$0] }, shape: [1, Int(map.height), Int(map.width), Int(map.channels)])
      .permute([0, 3, 1, 2]).contiguous()
  }

  private var offsets: [Int] {
    (0..<Int(map.height)).flatMap { y in
      (0..<Int(map.width)).flatMap { x in
        (0..<Int(map.channels)).map { y * Int(map.row) + x * Int(map.pixel) + $0 }
      }
    }
  }

  private subscript(offset: Int) -> Float {
    get {
      switch map.type {
      case CK_FLOAT32: map.data.load(fromByteOffset: offset * 4, as: Float.self)
      case CK_BFLOAT16:
        Float(bitPattern: UInt32(map.data.load(fromByteOffset: offset * 2, as: UInt16.self)) << 16)
      default: Float(map.data.load(fromByteOffset: offset, as: UInt8.self))
      }
    }
    set {
      switch map.type {
      case CK_FLOAT32: map.data.storeBytes(of: newValue, toByteOffset: offset * 4, as: Float.self)
      // The tests' values are rounded beforehand.
      case CK_BFLOAT16:
        map.data.storeBytes(of: UInt16(newValue.bitPattern >> 16), toByteOffset: offset * 2, as: UInt16.self)
      default: map.data.storeBytes(of: UInt8(newValue), toByteOffset: offset, as: UInt8.self)
      }
    }
  }
}

/// Random sizes and values that are the same in each run.
struct Draw {
  private var generator: SplitMix64

  init(seed: UInt64) { generator = SplitMix64(state: seed &* SplitMix64.step) }

  private mutating func next() -> UInt64 { generator.next() }

  mutating func int(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(next() % UInt64(range.count)) }
  mutating func bool() -> Bool { next() % 2 == 0 }
  mutating func element<T>(_ array: [T]) -> T { array[int(0...array.count - 1)] }

  /// Values on [-scale, scale), of 8 significant bits for bfloat16.
  mutating func tensor(_ shape: [Int], scale: Float = 1, type: ck_type = CK_FLOAT32) -> Tensor {
    let values = (0..<shape.reduce(1, *)).map { _ in
      let value = (Float(next() >> 40) * 0x1p-23 - 1) * scale
      return type == CK_BFLOAT16 ? Float(bitPattern: value.bitPattern & 0xffff_0000) : value
    }
    return Tensor(values, shape: shape)
  }
}

/// The suites that choose the instruction set, which is the process's: one after another.
@Suite(.serialized) struct KernelTests {
  static let instructionSets = [
    CK_ISA_PORTABLE, CK_ISA_NEON, CK_ISA_NEON_DOT, CK_ISA_NEON_I8MM, CK_ISA_AVX2, CK_ISA_AVX2_VNNI, CK_ISA_AVX512,
    CK_ISA_AVX512_VNNI, CK_ISA_AVX512_DOT,
  ].filter(ck_supports_isa)

  /// Calls the body for each instruction set with a number of rounds, each with another seed and a pool.
  static func rounds(_ count: Int, _ body: (inout Draw, OpaquePointer) throws -> Void) throws {
    let best = ck_current_isa()
    defer { ck_set_isa(best) }
    let pools = [1, 3].map { ck_pool_create($0)! }
    defer { for pool in pools { ck_pool_free(pool) } }
    for isa in instructionSets {
      try #require(ck_set_isa(isa))
      for round in 0..<count {
        var draw = Draw(seed: UInt64(round) * 7 + UInt64(isa.rawValue))
        try body(&draw, pools[round % 2])
      }
    }
  }

  /// Both finite, and equal but for `tolerance` times 1 + the expected.
  static func expect(
    _ found: KernelMap, _ expected: Tensor, tolerance: Double, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let tensor = found.tensor
    #expect(tensor.shape == expected.shape, comment, sourceLocation: sourceLocation)
    guard tensor.shape == expected.shape else { return }
    let error = ((tensor - expected).abs() / (expected.abs() + 1)).max().item
    #expect(error <= tolerance, comment, sourceLocation: sourceLocation)
  }
}
