import Foundation

/// The text that a program printed which ran to its end.
struct ProgramOutput {
  let isSuccess: Bool
  let text: String
  /// The lines that it wrote about a failure.
  let lastWords: String?

  /// Runs a program.
  /// - Parameters:
  ///   - input: Feeds the program's input; it gets the descriptor, which it closes, and the program.
  ///   - patience: The seconds that the program may take.
  ///   - isInterrupted: Ends the program early.
  /// - Throws: `VideoError` if it cannot be started, takes too long, prints too much or is interrupted.
  init(
    of program: String, _ arguments: [String], input: ((Int32, PipedProcess) -> Void)? = nil, patience: Double = 30,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) throws(VideoError) {
    let output = try Pipe()
    let inputPipe = input == nil ? nil : try Pipe()
    let process: PipedProcess
    do {
      defer {
        close(output.writing)
        if let inputPipe { close(inputPipe.reading) }
      }
      process = try PipedProcess(
        program, arguments,
        descriptors: [(output.writing, 1)] + (inputPipe.map { [($0.reading, Int32(0))] } ?? []))
    }
    let collector = Collector(PipeReader(output.reading, isInterrupted: isInterrupted))
    let deadline = ContinuousClock.now + .seconds(patience)
    if let input, let inputPipe { input(inputPipe.writing, process) }
    while process.end(within: 0.02) == nil {
      if isInterrupted() || ContinuousClock.now > deadline {
        process.send(SIGKILL)
        _ = process.end(within: 10)
        throw VideoError(isInterrupted() ? "interrupted" : "no answer within \(Int(patience)) seconds")
      }
    }
    text = collector.text()
    isSuccess = process.end == .exited(0)
    lastWords = process.errors.firstWords
  }

  /// Reads to the end on a thread of its own.
  private final class Collector: @unchecked Sendable {  // the semaphore orders all access
    private let isDone = DispatchSemaphore(value: 0)
    private var bytes: [UInt8] = []

    init(_ reader: sending PipeReader) {
      let box = Box(reader)
      Thread.detachNewThread { [self] in
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < 1 << 24 {
          let count = buffer.withUnsafeMutableBytes { (try? box.reader.readSome($0)) ?? 0 }
          if count == 0 { break }
          bytes += buffer[..<count]
        }
        isDone.signal()
      }
    }

    func text() -> String {
      isDone.wait()
      return String(decoding: bytes, as: UTF8.self)
    }

    private final class Box: @unchecked Sendable {
      let reader: PipeReader
      init(_ reader: PipeReader) { self.reader = reader }
    }
  }
}
