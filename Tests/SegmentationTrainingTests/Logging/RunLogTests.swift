import Foundation
import SegmentationTraining
import Synchronization
import TestSupport
import Testing

@Suite struct RunLogTests {
  /// What a log printed, and a clock that the test moves.
  private final class Screen: Sendable {
    let text = Mutex("")
    let time = Mutex(Date(timeIntervalSince1970: 1_700_000_000))

    func log(
      file: URL? = nil, style: RunLog.Style = .text, usesColor: Bool = false, columns: Int? = nil
    ) throws -> RunLog {
      try RunLog(
        file: file, style: style, rank: 3, usesColor: usesColor, columns: { columns },
        output: { [self] text in self.text.withLock { $0 += text } },
        now: { [self] in time.withLock { $0 } })
    }

    var shown: String { text.withLock { $0 } }
  }

  private let screen = Screen()

  private func progress(_ step: Int, epoch: Int = 1, of stepsPerEpoch: Int = 100) -> StepProgress {
    StepProgress(
      epoch: epoch, epochs: 3, step: step, stepsPerEpoch: stepsPerEpoch, loss: 1.23456, learningRate: 0.00123456,
      images: 8, dataSeconds: 0.025, stepSeconds: 0.5)
  }

  // 8 images / 0.5 s; (3 * 100 - 1) * 0.5 s = 149.5 s
  private let first =
    "epoch 1/3  step 1/100  loss 1.2346  16.0 images/s  ETA 2:30  data 5%  500 ms/step  lr 0.00123"

  @Test func `on a terminal one line changes`() throws {
    let log = try screen.log(columns: 200)
    log.step(progress(1))
    log.step(progress(2))
    log.message("saved")
    log.message("done")
    let second = first.replacingOccurrences(of: "step 1/", with: "step 2/").replacingOccurrences(
      of: "2:30", with: "2:29")
    #expect(screen.shown == "\r\(first)\u{1B}[K\r\(second)\u{1B}[K\r\u{1B}[Ksaved\ndone\n")
  }

  @Test func `memory has a part of its own, in bold and dim letters on a terminal with color`() throws {
    var progress = progress(1)
    progress.memory = 1_234_000_000
    try screen.log(columns: 200).step(progress)
    #expect(screen.shown == "\r\(first.replacing("  500", with: "  1.2 GB  500"))\u{1B}[K")
    screen.text.withLock { $0 = "" }
    try screen.log(usesColor: true, columns: 85).step(progress)
    let colored =
      "\u{1B}[1mepoch 1/3\u{1B}[0m  step 1/100  loss 1.2346  16.0 images/s  ETA 2:30  data 5%"
      + "  1.2 GB\u{1B}[2m  500 ms\u{1B}[0m"
    #expect(screen.shown == "\r\(colored)\u{1B}[K")
  }

  @Test func `a quiet log shows warnings and the result alone and keeps all in the file`() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "log.txt")
    let log = try screen.log(file: file, style: .quiet, columns: 80)
    log.message("start")
    log.step(progress(1))
    log.warn("a step is skipped")
    log.result("done")
    #expect(screen.shown == "a step is skipped\ndone\n")
    #expect(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").count == 4)
  }

  @Test func `a log of objects has one on each line, with numbers as numbers`() throws {
    let log = try screen.log(style: .json, columns: 80)
    log.message("start \u{1B}[2J\n\"two\"")
    var skipped = progress(1)
    skipped.loss = .nan
    skipped.lossParts = ["ce": 1.5]
    skipped.memory = 5
    log.step(skipped)
    log.step(progress(2))  // not due yet
    log.warn("slow")
    log.result("done")
    // json.loads takes each line.
    #expect(
      screen.shown == """
        {"level":"info","message":"start \\\\u{1B}[2J\\n\\"two\\"","rank":3,"time":"2023-11-14T22:13:20Z"}
        {"data_share":0.05,"epoch":1,"epochs":3,"images_per_second":16,"learning_rate":0.00123456,"level":"progress",\
        "loss":"nan","loss_parts":{"ce":1.5},"memory_bytes":5,"rank":3,"run_step":1,"seconds_left":149.5,"step":1,\
        "step_seconds":0.5,"steps_per_epoch":100,"time":"2023-11-14T22:13:20Z"}
        {"level":"warning","message":"slow","rank":3,"time":"2023-11-14T22:13:20Z"}
        {"level":"result","message":"done","rank":3,"time":"2023-11-14T22:13:20Z"}

        """)
  }

  @Test func `a narrow terminal's line does not wrap`() throws {
    try screen.log(columns: 20).step(progress(1))
    #expect(screen.shown == "\r\(first.prefix(19))\u{1B}[K")
  }

  @Test func `elsewhere lines come at intervals and at the end of an epoch`() throws {
    let log = try screen.log()
    for step in 1...100 {
      log.step(progress(step))
      screen.time.withLock { $0 += 0.5 }
    }
    // Every ten seconds, twenty steps, and the last step.
    let steps = screen.shown.split(separator: "\n").map { $0.split(separator: "  ")[1] }
    #expect(steps == ["step 1/100", "step 21/100", "step 41/100", "step 61/100", "step 81/100", "step 100/100"])
    #expect(!screen.shown.contains("\r"))
  }

  @Test func `the log file has the same lines with the time`() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "log.txt")
    try Data(("before\n").utf8).write(to: file)
    let log = try screen.log(file: file, columns: 80)
    log.message("start")
    log.step(progress(1))
    log.step(progress(2))
    #expect(
      try String(contentsOf: file, encoding: .utf8)
        == "before\n2023-11-14T22:13:20Z start\n2023-11-14T22:13:20Z \(first)\n")
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func `a run outlives its log file`() throws {
    let log = try screen.log(file: URL(filePath: "/dev/full"))
    log.message("one")
    log.message("two")
    let lines = screen.shown.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0] == "one")
    #expect(lines[1].hasPrefix("/dev/full: cannot write: "))
    #expect(lines[2] == "two")
  }

  @Test func `a log file that cannot be opened is named`() {
    #expect(throws: RunFolderError.cannotWrite(path: "/no/log.txt", reason: "No such file or directory")) {
      try screen.log(file: URL(filePath: "/no/log.txt"))
    }
  }

  @Test func `long runs and odd values have a line too`() throws {
    let log = try screen.log()
    var slow = progress(1, of: 10_000)
    slow.stepSeconds = 8
    slow.dataSeconds = 2
    slow.loss = .nan
    log.step(slow)
    // (3 * 10000 - 1) * 8 s = 239992 s = 66 h 39 min 52 s
    #expect(
      screen.shown
        == "epoch 1/3  step 1/10000  loss nan  1.00 images/s  ETA 66:39:52  data 25%  8.00 s/step  lr 0.00123\n")
  }
}
