import CTorch
import Files

/// Writes the zip archive of a checkpoint through libtorch, which aligns the records.
final class CheckpointArchiveWriter {
  private let file: OutputFile
  private var writer: ct_archive_writer?
  /// The reason of a failure, since libtorch knows only that writing failed.
  private var failure: (any Error)?

  init(_ file: OutputFile) throws {
    self.file = file
    let context = Unmanaged.passUnretained(self).toOpaque()
    try checkThrowing(
      ct_archive_create(
        { context, bytes, count in
          let archive = Unmanaged<CheckpointArchiveWriter>.fromOpaque(context!).takeUnretainedValue()
          return archive.take(UnsafeRawBufferPointer(start: bytes, count: count))
        }, context, &writer))
  }

  deinit { ct_archive_free_writer(writer) }

  func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    // libtorch asks for an address even if there are no bytes.
    try withUnsafeBytes(of: UInt8(0)) { nothing in
      try check(ct_archive_write(writer, name, bytes.baseAddress ?? nothing.baseAddress, bytes.count))
    }
  }

  func write(_ name: String, _ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write(name, $0) } }

  /// Writes the directory, after all records.
  func finish() throws { try check(ct_archive_finish(writer)) }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard failure == nil else { return false }
    do {
      try file.write(bytes)
      return true
    } catch {
      failure = error
      return false
    }
  }

  private func check(_ succeeded: Bool) throws {
    if let failure { throw failure }
    try checkThrowing(succeeded)
  }
}
