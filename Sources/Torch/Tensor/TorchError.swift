import CTorch

/// An operation that libtorch refused, in its words.
public struct TorchError: Error, CustomStringConvertible, Sendable {
  public let description: String

  /// libtorch's words for the last failure on this thread, their first line.
  static var last: TorchError {
    let message = String(cString: ct_last_error())
    return TorchError(description: message.split(separator: "\n").first.map(String.init) ?? message)
  }
}

/// Where failures of operations go while `catchingTorchErrors` runs.
private final class ErrorTrap: @unchecked Sendable {  // used by the thread that made it alone
  var first: TorchError?
  @TaskLocal static var current: ErrorTrap?
}

/// Runs `body` and throws the first error that a tensor operation in it met, where it would trap otherwise.
///
/// Operations after the first error yield undefined tensors and are not to be relied on.
public func catchingTorchErrors<Result>(_ body: () throws -> Result) throws -> Result {
  let trap = ErrorTrap()
  let result = try ErrorTrap.$current.withValue(trap, operation: body)
  if let error = trap.first { throw error }
  return result
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
