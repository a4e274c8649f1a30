import Basics
import Foundation

/// A program run to its end, with what it printed.
package enum ChildProcess {
  /// Runs a program and reads the JSON that is its last line of output.
  /// - Throws: `BenchmarkError` with the program's last line of errors where it fails, is killed or takes too long.
  package static func result<Result: Decodable>(
    _ type: Result.Type, of program: URL, _ arguments: [String], environment: [String: String] = [:],
    timeout: Double, scratch: URL
  ) throws -> Result {
    let name = UUID().uuidString
    // Files, not pipes: nothing has to be drained while the program runs.
    let files = ["out", "err"].map { scratch.appending(path: "\(name).\($0)") }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for file in files { try Data().write(to: file) }
    let process = try start(
      program, arguments, environment: environment, output: FileHandle(forWritingTo: files[0]),
      errors: FileHandle(forWritingTo: files[1]))
    let start = ContinuousClock.now
    let watch = DispatchWorkItem { stop(process) }
    DispatchQueue.global().asyncAfter(deadline: .now() + timeout, execute: watch)
    process.waitUntilExit()
    watch.cancel()
    if start.duration(to: .now) >= .seconds(timeout) {
      throw BenchmarkError("stopped after \(timeout) s; --timeout gives it longer")
    }
    let texts = files.map { (try? Data(contentsOf: $0)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
    func lastLine(_ text: String) -> String? {
      text.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw BenchmarkError(reason(process, errors: lastLine(texts[1])))
    }
    guard let line = lastLine(texts[0]), let value = try? JSONDecoder.snakeCase().decode(type, from: Data(line.utf8))
    else { throw BenchmarkError("\(program.lastPathComponent) did not end with a result in JSON") }
    return value
  }

  /// Starts a program without input.
  /// - Throws: `BenchmarkError`.
  package static func start(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:], output: FileHandle = .nullDevice,
    errors: FileHandle = .nullDevice
  ) throws -> Process {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    do { try process.run() } catch {
      throw BenchmarkError("\(program.path) cannot be started: \(error.localizedDescription)")
    }
    return process
  }

  /// Ends a process at once. Other signals may be blocked: processes started on a thread of Dispatch inherit that.
  static func stop(_ process: Process) { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  private static func reason(_ process: Process, errors: String?) -> String {
    if process.terminationReason == .uncaughtSignal {
      if process.terminationStatus == SIGKILL { return "killed, perhaps for want of memory" }
      return "ended by signal \(process.terminationStatus)" + (errors.map { ": \($0)" } ?? "")
    }
    let text = errors ?? "ended with status \(process.terminationStatus)"
    return text.hasPrefix("rtseg: ") ? String(text.dropFirst(7)) : text
  }
}
