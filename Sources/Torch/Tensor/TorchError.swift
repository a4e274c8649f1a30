import CTorch
import Files
import Foundation

/// An operation that libtorch refused, in its words.
public struct TorchError: Error, CustomStringConvertible, Sendable {
  /// libtorch's words in one line, without places in its source code.
  public let description: String

  /// libtorch's words for the last failure on this thread, their first line.
  static var last: TorchError { TorchError(words: String(cString: ct_last_error())) }

  /// The first line of libtorch's words, without places in its source code; want of memory in words of our own.
  package init(words: String) {
    let line = words.split(separator: "\n").first.map(String.init) ?? words
    if let match = words.firstMatch(of: /DefaultCPUAllocator: .*you tried to allocate ([0-9]+) bytes/) {
      self = .outOfMemory(bytes: Int(match.1) ?? .max)
    } else if line.contains("DefaultCPUAllocator: not enough memory") || line == "std::bad_alloc" {
      self = .outOfMemory(bytes: nil)
    } else if line.hasPrefix("CUDA error: out of memory") || line.contains("_STATUS_ALLOC_FAILED") {
      description = "out of memory on the GPU; \(Self.advice)"
    } else if let match = line.firstMatch(of: /out of memory\. Tried to allocate ([0-9.]+) ([KMGT]i?B|bytes)/) {
      description = "out of memory on the GPU: \(match.1) \(match.2) were asked for; \(Self.advice)"
    } else {
      let text = line.replacing(/\[enforce fail at [^\]]*\] ?/, with: "")
        .replacing(/\ ?INTERNAL ASSERT FAILED at "[^"]*":[0-9]+, please report a bug to PyTorch\./, with: " failed.")
        .replacing(/\ ?\([^()]* at [^ ()]+\.(cpp|cc|cu|cuh|hpp|h):[0-9]+\)/, with: "")
      description = text.printable(limit: 500)
    }
  }

  /// Whether libtorch, or a library that it uses, has not got the memory that it asked for.
  package var isMemoryExhausted: Bool {
    let text = description.lowercased()
    // A program that reads or writes at a wrong address of a GPU needs no more memory.
    if text.contains("illegal memory access") || text.contains("misaligned address") { return false }
    return text.contains("alloc") || text.contains("memory")
  }

  /// There is less memory than this many bytes; nil if the number is not known.
  package static func outOfMemory(bytes: Int?) -> TorchError {
    // Fewer bytes are but the last of many.
    guard let bytes, bytes >= 1 << 20 else { return TorchError(description: "out of memory; \(advice)") }
    let amount =
      bytes >= 1 << 30
      ? String(format: "%.1f GB", Double(bytes) / 1e9) : String(format: "%.0f MB", Double(bytes) / 1e6)
    return TorchError(description: "out of memory: \(amount) were asked for; \(advice)")
  }

  private static let advice = "take smaller images or crops, a smaller batch or fewer threads"

  private init(description: String) { self.description = description }
}

/// The place for failures of operations while `catchingTorchErrors` runs.
private final class ErrorTrap: @unchecked Sendable {  // used by the thread that made it alone
  var first: TorchError?
  @TaskLocal static var current: ErrorTrap?
}

/// Runs `body` and throws the first error that a tensor operation in it met. Without it, the operation would trap.
///
/// Operations after the first error yield undefined tensors and are not to be relied on.
public func catchingTorchErrors<Result>(_ body: () throws -> Result) throws -> Result {
  let trap = ErrorTrap()
  do {
    let result = try ErrorTrap.$current.withValue(trap, operation: body)
    if let error = trap.first { throw error }
    return result
  } catch {
    // Operations after an error may fail too, and their errors say less.
    throw trap.first ?? error
  }
}

/// Traps with libtorch's message when a call of the C layer failed, or hands the error to `catchingTorchErrors`.
@inline(__always)
func check(_ succeeded: Bool, file: StaticString = #fileID, line: UInt = #line) {
  if !succeeded { fail(file: file, line: line) }
}

private func fail(file: StaticString, line: UInt) {
  guard let trap = ErrorTrap.current else { fatalError(TorchError.last.description, file: file, line: line) }
  if trap.first == nil { trap.first = TorchError.last }
}

/// Throws libtorch's message when a call of the C layer failed: for I/O and set-up.
@inline(__always)
func checkThrowing(_ succeeded: Bool) throws {
  if !succeeded { throw TorchError.last }
}
