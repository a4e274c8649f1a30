import CRuntime
import Foundation

extension FuzzTarget {
  /// Opens a program, asks what it is, and runs each of its sizes on an image.
  static func runProgram(_ bytes: UnsafeRawBufferPointer) {
    var program: OpaquePointer?
    guard rtseg_program_open_memory(bytes.baseAddress, bytes.count, &program) == RTSEG_OK else {
      precondition(program == nil && !String(cString: rtseg_error_message()).contains("\n"))
      return
    }
    defer { rtseg_program_close(program) }
    var description = rtseg_description()
    precondition(rtseg_describe(program, &description) == RTSEG_OK)
    for index in 0..<description.class_count {
      var name: UnsafePointer<CChar>?
      var color: [UInt8] = [0, 0, 0]
      precondition(rtseg_class(program, index, &name, &color) == RTSEG_OK)
    }
    for index in 0..<min(description.size_count, 4) {
      let size = description.sizes[Int(index)]
      guard size.height <= 256, size.width <= 256 else { continue }
      run(program, index, size, classes: Int(description.class_count))
    }
  }

  private static func run(_ program: OpaquePointer?, _ index: Int32, _ size: rtseg_size, classes: Int) {
    var options = rtseg_options()
    (options.threads, options.size_index) = (1, index)
    // The maps of small images with many channels would take the memory of all tests.
    options.memory_limit = 256 << 20
    let kinds = [RTSEG_CLASSES, RTSEG_SCORES, RTSEG_PROBABILITY]
    var context: OpaquePointer?
    // Not every program gives scores.
    options.kinds = kinds.reduce(0) { $0 | 1 << $1.rawValue }
    if rtseg_context_create(program, &options, &context) != RTSEG_OK {
      options.kinds = 0
      guard rtseg_context_create(program, &options, &context) == RTSEG_OK else { return }
    }
    defer { rtseg_context_destroy(context) }
    let pixels = Int(size.height) * Int(size.width)
    let image = (0..<pixels * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    for kind in kinds where options.kinds == 0 ? kind == RTSEG_CLASSES : true {
      let each = kind == RTSEG_CLASSES ? 1 : kind == RTSEG_SCORES ? classes * 4 : 4
      var values = [UInt8](repeating: 0, count: max(pixels * each, 1))
      image.withUnsafeBufferPointer { image in
        values.withUnsafeMutableBytes { values in
          var input = rtseg_image(
            format: RTSEG_RGB, height: size.height, width: size.width, data: (image.baseAddress, nil), stride: (0, 0))
          var result = rtseg_result(
            kind: kind, height: size.height, width: size.width, data: values.baseAddress, stride: 0)
          _ = rtseg_run(context, &input, &result, 1)
        }
      }
    }
  }

  /// Lends a .rtseg file with right checksums, without which nothing of a changed file would be read; no other file.
  static func withProgramChecksums(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    guard bytes.starts(with: Array("RTSEGNET".utf8)), bytes.count >= 64 else { return }
    var file = Array(bytes)
    func number(_ place: Int, _ count: Int) -> Int? {
      guard place + count <= file.count else { return nil }
      return Int(exactly: file[place..<place + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
    func write(_ value: UInt64, _ place: Int, _ count: Int) {
      for index in 0..<count { file[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
    write(UInt64(file.count), 16, 8)
    guard let sections = number(12, 4), 64 + sections * 32 <= file.count else { return }
    for section in 0..<sections {
      let entry = 64 + section * 32
      guard let offset = number(entry + 8, 8), let length = number(entry + 16, 8), offset <= file.count,
        length <= file.count - offset
      else { continue }
      write(UInt64(checksum(file[offset..<offset + length])), entry + 4, 4)
    }
    write(0, 24, 4)
    write(UInt64(checksum(file[0..<64 + sections * 32])), 24, 4)
    // A copy of the exact size, so that the address sanitizer sees what is read beyond it.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 64)
    defer { copy.deallocate() }
    copy.copyBytes(from: file)
    body(UnsafeRawBufferPointer(copy))
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { rt_checksum($0.baseAddress, $0.count) }
  }

  /// A file may describe a network that takes more memory than a computer has, which a program that runs it then lacks;
  /// here it lacks it soon, so that the fuzzer does not spend its time on large maps. The limit is that of the whole
  /// process, so only the program that fuzzes sets it.
  static func limitMemory() { _ = isLimited }

  private static let isLimited: Bool = {
    var allocator = rtseg_allocator(
      allocate: { _, alignment, bytes in
        guard bytes <= 1 << 20 else { return nil }
        var memory: UnsafeMutableRawPointer?
        return posix_memalign(&memory, max(alignment, 16), bytes) == 0 ? memory : nil
      },
      release: { _, memory, _ in free(memory) }, state: nil)
    return rtseg_set_allocator(&allocator) == RTSEG_OK
  }()
}
