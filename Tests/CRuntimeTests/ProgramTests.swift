import CKernels
import CRuntime
import Testing

@Suite struct ProgramTests {
  private static let network = SampleNetwork()
  private static let bytes = network.program.bytes

  private func lastError() -> String { String(cString: rt_last_error()) }

  /// Runs the sample network; the results are nil if the program is refused.
  private func run(
    _ bytes: [UInt8], threads: Int32 = 1, cacheBytes: UInt64 = 0, outputs: UInt32 = 3
  ) -> (scores: [Float], classes: [UInt8])? {
    bytes.withUnsafeBytes { memory -> (scores: [Float], classes: [UInt8])? in
      guard let program = rt_program_open_memory(memory.baseAddress, memory.count) else { return nil }
      defer { rt_program_free(program) }
      var options = rt_context_options()
      (options.threads, options.outputs, options.cache_bytes) = (threads, outputs, cacheBytes)
      guard let context = rt_context_create(program, &options) else { return nil }
      defer { rt_context_free(context) }
      let (height, width) = Self.network.size
      for _ in 0..<2 {
        guard rt_run_planes(context, Self.network.image, Int32(height), Int32(width)) else { return nil }
      }
      func elements<T>(_ output: Int32, _ type: T.Type) -> [T] {
        guard let map = rt_output(context, output)?.pointee else { return [] }
        let count = Int(map.height) * Int(map.row)
        return Array(UnsafeBufferPointer(start: map.data.assumingMemoryBound(to: T.self), count: count))
      }
      return (elements(1, Float.self), elements(0, UInt8.self))
    }
  }

  @Test func computesWhatLibtorchComputes() throws {
    let result = try #require(run(Self.bytes), "\(lastError())")
    let expected = Self.network.scores
    #expect(result.scores.count == expected.count)
    #expect(zip(result.scores, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    for pixel in result.classes.indices {
      let scores = result.scores[pixel * 5..<pixel * 5 + 5]
      // Rounding may decide between two classes of almost equal scores.
      #expect(scores[pixel * 5 + Int(result.classes[pixel])] > scores.max()! - 1e-5)
    }
  }

  /// Bands, threads and the choice of outputs change no bit.
  @Test(arguments: [(1, 1 << 10), (3, 0), (3, 1 << 10), (1, 1 << 14), (3, 1 << 14)] as [(Int32, UInt64)])
  func resultsDoNotDependOnThreadsAndBands(threads: Int32, cacheBytes: UInt64) throws {
    let whole = try #require(run(Self.bytes))
    let other = try #require(run(Self.bytes, threads: threads, cacheBytes: cacheBytes))
    #expect(whole == other)
    let classes = run(Self.bytes, threads: threads, cacheBytes: cacheBytes, outputs: 1)?.classes
    #expect(classes == whole.classes)
    let scores = run(Self.bytes, threads: threads, cacheBytes: cacheBytes, outputs: 2)?.scores
    #expect(scores == whole.scores)
  }

  @Test func everyTruncationIsRefused() {
    for count in stride(from: 0, to: Self.bytes.count, by: 7) {
      #expect(run(Array(Self.bytes[..<count])) == nil)
      #expect(!lastError().isEmpty && !lastError().contains("\n"))
    }
  }

  /// A byte of the description or of the plans that is not what it was, with checksums that fit. Such a program may be
  /// sound, but of sizes that no machine has memory for, so it is read and checked, but not run.
  @Test func damageWithRepairedChecksumsNeverCrashes() {
    for place in stride(from: 64, to: 2200, by: 3) {
      for change in [1, 0x80] as [UInt8] {
        var damaged = Self.bytes
        damaged[place] ^= change
        ProgramWriter.repair(&damaged)
        damaged.withUnsafeBytes { memory in
          let program = rt_program_open_memory(memory.baseAddress, memory.count)
          if program == nil { #expect(!lastError().isEmpty && !lastError().contains("\n")) }
          rt_program_free(program)
        }
      }
    }
  }

  @Test func aNewerVersionIsRefusedByName() {
    var program = Self.network.program
    program.version = 7
    #expect(run(program.bytes) == nil)
    #expect(rt_last_status() == RTSEG_NEWER_VERSION)
    #expect(lastError().contains("version 7") && lastError().contains("update RTSeg"))
  }

  @Test func anInstructionThatReadsWhatNobodyWroteIsRefused() {
    var program = Self.network.program
    program.plans[0].instructions.removeFirst()
    #expect(run(program.bytes) == nil)
    #expect(lastError().contains("no earlier instruction has written"))
  }

  /// The BT.601 formulas in floating point, and the order of channels.
  @Test func imagesOfAllFormatsBecomeTheSameScores() throws {
    Self.bytes.withUnsafeBytes { memory in
      var program: OpaquePointer?
      #expect(rtseg_program_open_memory(memory.baseAddress, memory.count, &program) == RTSEG_OK)
      defer { rtseg_program_close(program) }
      var options = rtseg_options()
      (options.threads, options.kinds) = (1, 2)
      var context: OpaquePointer?
      #expect(rtseg_context_create(program, &options, &context) == RTSEG_OK, "\(lastError())")
      defer { rtseg_context_destroy(context) }
      let (height, width) = Self.network.size
      func scores(_ format: rtseg_format, _ first: [UInt8], _ second: [UInt8] = []) -> [Float] {
        var result = [Float](repeating: 0, count: height * width * 5)
        first.withUnsafeBufferPointer { first in
          second.withUnsafeBufferPointer { second in
            result.withUnsafeMutableBytes { memory in
              var image = rtseg_image()
              (image.format, image.height, image.width) = (format, Int32(height), Int32(width))
              image.data = (first.baseAddress, second.baseAddress)
              var output = rtseg_result()
              (output.kind, output.height, output.width) = (RTSEG_SCORES, Int32(height), Int32(width))
              output.data = memory.baseAddress
              #expect(rtseg_run(context, &image, &output, 1) == RTSEG_OK, "\(lastError())")
            }
          }
        }
        return result
      }
      let luma = (0..<height * width).map { UInt8(16 + $0 * 37 % 220) }
      let differences = (0..<height * width / 2).map { UInt8(16 + $0 * 53 % 225) }
      var rgb: [UInt8] = []
      for y in 0..<height {
        for x in 0..<width {
          let place = y / 2 * width + x / 2 * 2
          let u = Double(differences[place]) - 128
          let v = Double(differences[place + 1]) - 128
          let l: Double = 255.0 / 219.0 * (Double(luma[y * width + x]) - 16)
          let red: Double = l + 1.596027 * v
          let green: Double = l - 0.391762 * u - 0.812968 * v
          let blue: Double = l + 2.017232 * u
          for value in [red, green, blue] { rgb.append(UInt8(min(255, max(0, value.rounded())))) }
        }
      }
      let expected = scores(RTSEG_RGB, rgb)
      let swapped = (0..<height * width).flatMap { Array(rgb[3 * $0..<3 * $0 + 3].reversed()) }
      #expect(scores(RTSEG_BGR, swapped) == expected)
      #expect(zip(scores(RTSEG_NV12, luma, differences), expected).allSatisfy { abs($0 - $1) < 0.05 })
      #expect(scores(RTSEG_GRAY, luma) == scores(RTSEG_RGB, luma.flatMap { [UInt8](repeating: $0, count: 3) }))
    }
  }

  /// The numbers of the Swift governor that this one replaces.
  @Test func aContendedGovernorUsesWhatIsFastestAndComesBack() throws {
    let governor = try #require(rt_governor_create(4))
    defer { rt_governor_free(governor) }
    let times = [0, 0.2, 0.12, 0.18, 0.25]
    var withTwo = 0
    for _ in 0..<200 {
      let threads = rt_governor_threads(governor)
      withTwo += threads == 2 ? 1 : 0
      rt_governor_record(governor, times[Int(threads)], threads > 1 ? 40 : 0)
    }
    #expect(withTwo > 160)
    for _ in 0..<30 { rt_governor_record(governor, 0.1 / Double(rt_governor_threads(governor)), 0) }
    #expect(rt_governor_threads(governor) == 4)
  }

  /// Interruptions that cost no time make the context try fewer threads once, and never again.
  @Test func aGovernorIgnoresShortInterruptions() throws {
    let governor = try #require(rt_governor_create(2))
    defer { rt_governor_free(governor) }
    var withOne = 0
    for run in 0..<200 {
      let threads = rt_governor_threads(governor)
      withOne += threads == 1 ? 1 : 0
      // Every tenth run takes twice as long, by chance.
      rt_governor_record(governor, (run % 10 == 0 ? 2 : 1) * 0.2 / Double(threads), threads > 1 ? 40 : 0)
    }
    #expect(withOne <= 1)
  }

  /// One slow run in a trial does not leave the context on fewer threads.
  @Test func aGovernorComesBackDespiteASlowRun() throws {
    let governor = try #require(rt_governor_create(2))
    defer { rt_governor_free(governor) }
    // The start is contended so much that one thread is faster.
    for _ in 0..<12 { rt_governor_record(governor, rt_governor_threads(governor) == 2 ? 0.5 : 0.2, 60) }
    #expect(rt_governor_threads(governor) == 1)
    var runs = 0
    while rt_governor_threads(governor) == 1, runs < 40 {
      rt_governor_record(governor, 0.2, 0)
      runs += 1
    }
    // The first run of the trial is slow by chance, the next ones are not.
    for time in [0.4, 0.1, 0.1] { rt_governor_record(governor, time, 0) }
    #expect(rt_governor_threads(governor) == 2 && runs < 20)
  }
}
