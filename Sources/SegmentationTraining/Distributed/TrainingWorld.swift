import Foundation
import Torch

/// The processes that train a network together, seen from one of them. Usually there is only one.
///
/// Process 0 writes the run's folder and takes the decisions; all processes compute their share of each batch. A
/// function that all processes call together waits for all of them, but no longer than the time-out.
public final class TrainingWorld: @unchecked Sendable {  // used by the thread that trains alone, but for `abort`
  /// A world that consists of this process only.
  public static let alone = TrainingWorld()

  /// The number of this process, from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int
  /// This process's number on its machine.
  let localRank: Int
  /// The number of the processes that are known to be on this machine.
  private let localSize: Int
  /// The device that this process computes on; `nil` for the one that the options name.
  let device: Device?
  /// The connection between all processes; `nil` if this process is alone.
  let group: ProcessGroup?

  /// Whether the processes meet at process 0, and not at a launcher.
  private let meetsAtFirst: Bool

  /// Whether this process writes the run's folder and takes the decisions.
  public var isFirst: Bool { rank == 0 }

  private init() {
    (rank, size, localRank, localSize) = (0, 1, 0, 1)
    (device, group, meetsAtFirst) = (nil, nil, false)
  }

  /// Waits for the other processes and connects to them.
  /// - Parameters:
  /// - environment: The place of this process among the others.
  /// - device: The device that the options name.
  /// - timeout: The time that this process waits for another one, now and later.
  /// - Throws: `TrainingError` if there is no device for this process, `PeerFailure` if the others cannot be reached.
  public init(_ environment: WorkerEnvironment, device name: String, timeout: Duration) throws {
    (rank, size, localRank) = (environment.rank, environment.size, environment.localRank)
    localSize = environment.localSize ?? 1
    let device = try environment.device(name)
    self.device = device
    meetsAtFirst = !environment.isServedByAgent
    guard size > 1 else {
      group = nil
      return
    }
    do {
      group = try ProcessGroup(
        rank: rank, size: size, address: environment.address, port: environment.port,
        serves: rank == 0 && meetsAtFirst, backend: device.kind == .cuda ? .nccl : .gloo,
        device: device,
        timeout: timeout, attempt: environment.attempt)
    } catch {
      throw PeerFailure(error)
    }
  }

  /// Splits the machine's cores between its processes, unless OMP_NUM_THREADS has done so.
  func shareThreads() throws {
    guard localSize > 1, ProcessInfo.processInfo.environment["OMP_NUM_THREADS"] == nil else { return }
    try Libtorch.useThreads(max(1, Libtorch.threads / localSize))
  }

  /// Makes every wait for another process end with an error. A thread other than the training one calls this if a
  /// process has failed.
  package func abort() { group?.abort(reason: "another process has failed") }

  // MARK: - Why they cannot go on

  /// The key of the note that tells why a process has failed, by its number.
  static let failureKey = "failure"

  /// Tells the other processes why this one ends, unless the cause lies in one of them, and that it does.
  public func tellOthers(of error: any Error) {
    guard let group, !(error is PeerFailure), !(error is TorchError) else { return }
    let text = "\(error)"
    group.leave(text.hasPrefix("rank ") ? text : "rank \(rank): \(text)", key: Self.failureKey)
    guard isFirst, meetsAtFirst else { return }
    // The place where the note lies goes with this process. The others may still be at what they did together; then they
    // find that it fails, and read the note.
    Thread.sleep(forTimeInterval: 0.3)
    group.abort(reason: "this process has failed")
    Thread.sleep(forTimeInterval: 1)
  }

  /// Runs a part of a run; if it fails because another process has failed, the error tells what that one has told.
  public func explainingPeerFailure<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as PeerFailure { throw PeerFailure(cause(of: error)) }
  }

  /// Why the processes can no longer work together: as the one that has failed, or its launcher, has told, or else with the
  /// numbers of those that do not answer.
  package func cause(of error: any Error) -> String {
    let text = "\(error)"
    guard let group else { return text }
    func naming(_ ranks: [Int]) -> String {
      let names = ranks.map { "\($0)" }.joined(separator: ", ")
      return text.replacingOccurrences(
        of: "another process", with: ranks.count == 1 ? "rank \(names)" : "one of the ranks \(names)")
    }
    guard group.leave("here", key: "after failure \(rank)") else { return meetsAtFirst ? naming([0]) : text }
    var silent = (0..<size).filter { $0 != rank }
    // The others find the failure a little later, or earlier.
    let deadline = ContinuousClock.now + .seconds(4)
    while ContinuousClock.now < deadline {
      if let told = group.note(key: Self.failureKey) { return told }
      silent.removeAll { group.note(key: "after failure \($0)") != nil }
      if silent.isEmpty { return text }
      usleep(100_000)
    }
    return naming(silent)
  }

  private func together<Result>(_ body: (ProcessGroup) throws -> Result) throws -> Result? {
    guard let group else { return nil }
    do { return try catchingTorchErrors { try withoutGradients { try body(group) } } } catch {
      throw PeerFailure(error)
    }
  }

  // MARK: - What all processes call together

  /// The sums over all processes.
  func sum(_ values: [Double]) throws -> [Double] {
    try together { group in
      let sums = Tensor(values).to(device: device)
      try group.allReduce([sums], .sum)
      return sums.elements()
    } ?? values
  }

  /// The largest of the numbers that the processes pass.
  func maximum(_ value: Int) throws -> Int {
    try together { group in
      let largest = Tensor([Int64(value)]).to(device: device)
      try group.allReduce([largest], .maximum)
      return largest.itemInt
    } ?? value
  }

  /// Replaces a tensor by its mean over the processes.
  func average(_ tensor: Tensor) throws {
    _ = try together { try $0.allReduce([tensor], .mean) }
  }

  /// Replaces tensors, on any device, by their sums over the processes.
  func addUp(_ tensors: [Tensor]) throws {
    _ = try together { group in
      for tensor in tensors {
        let sum = tensor.to(device: device)
        try group.allReduce([sum], .sum)
        if !sum.isSame(as: tensor) { tensor.copyInPlace(sum) }
      }
    }
  }

  /// Replaces tensors by those of process 0.
  func takeFromFirst(_ tensors: [Tensor]) throws {
    guard !tensors.isEmpty else { return }
    _ = try together { try $0.broadcast(tensors, from: 0) }
  }

  /// The bytes that process 0 passes.
  /// - Parameter bytes: Makes the bytes; called only in process 0.
  func bytesOfFirst(_ bytes: () throws -> [UInt8]) throws -> [UInt8] {
    let own = isFirst ? try bytes() : []
    return try together { group in
      let count = Tensor([Int64(own.count)]).to(device: device)
      try group.broadcast([count], from: 0)
      guard count.itemInt > 0 else { return [] }
      let content = (isFirst ? Tensor(own) : Tensor.empty([count.itemInt], dtype: .uint8, device: .cpu)).to(
        device: device)
      try group.broadcast([content], from: 0)
      return content.elements()
    } ?? own
  }

  /// The line of text that process 0 passes; `nil` if it has none.
  func lineOfFirst(_ line: () -> String?) throws -> String? {
    let bytes = try bytesOfFirst { Array((line() ?? "").utf8) }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// The values that all processes pass, in the order of their numbers.
  package func gather<Value: Codable>(_ value: Value) throws -> [Value] {
    guard group != nil else { return [value] }
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let bytes = try Array(encoder.encode(value))
    let all = try together { try $0.allGather(bytes) } ?? []
    do { return try all.map { try JSONDecoder().decode(Value.self, from: Data($0)) } } catch {
      throw PeerFailure("rank \(rank): another process sent something that cannot be read: it is of another version")
    }
  }

  /// Runs a part of the preparation first in one process on each machine and then in the others, which find it done.
  func inTurn<Result>(_ body: () throws -> Result) throws -> Result {
    guard group != nil else { return try body() }
    let early = localRank == 0 ? try body() : nil
    _ = try together { try $0.barrier() }
    return try early ?? body()
  }

  /// Whether one of the processes is to stop. A signal that has come to one counts as having come to all of them.
  /// - Parameter isAsked: Whether this one is to stop.
  func isInterrupted(_ isAsked: () -> Bool) throws -> Bool {
    guard size > 1 else { return isAsked() }
    let sums = try sum([isAsked() ? 1 : 0] + interruptionFlags)
    return noteInterruption(sums.dropFirst()) || sums[0] > 0
  }

  /// A number for each signal that stops a run: 1 if this process has received it, else 0.
  var interruptionFlags: [Double] { InterruptFlag.signals.map { InterruptFlag.exitCode == 128 + $0 ? 1 : 0 } }

  /// Notes a signal that any process has received.
  /// - Parameter flags: The sums of `interruptionFlags` over the processes.
  func noteInterruption(_ flags: some Collection<Double>) -> Bool {
    guard let signal = zip(InterruptFlag.signals, flags).first(where: { $0.1 > 0 })?.0 else { return false }
    InterruptFlag.raise(signal)
    return true
  }
}
