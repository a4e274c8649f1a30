import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// The part of a trainer that concerns several processes.
extension Trainer {
  /// Gradients are sent to the other processes in parts of this size, while the rest is still computed.
  static let bucketBytes = 25 << 20

  /// Takes over the state with which the first process begins or goes on.
  func takeStateFromFirst() throws {
    guard world.size > 1 else { return }
    let file = FileManager.default.temporaryDirectory.appending(path: "rtseg-state-\(UUID().uuidString).pth")
    defer { try? FileManager.default.removeItem(at: file) }
    let bytes = try world.bytesOfFirst {
      try makeCheckpoint().write(to: file)
      return Array(try Data(contentsOf: file))
    }
    guard !world.isFirst else { return }
    try Data(bytes).write(to: file)
    try takeUp(TrainingCheckpoint(contentsOf: file), of: file)
  }

  /// Gives the step random numbers of its own in each process, so that a run that is taken up again draws the same ones
  /// whichever process has saved it.
  func seedStep() {
    guard world.size > 1 else { return }
    var stream = RandomStream("step", seed: options.seed, step, world.rank)
    Libtorch.seed(stream.next())
  }

  /// Makes the result of a step that of all processes, and asks whether one is to stop.
  func agree(on result: inout StepResult) throws {
    guard world.size > 1 else { return }
    let numbers = [result.loss] + result.terms.map(\.value)
    let flags =
      [result.isFinite ? 0 : 1, world.isFirst && isOutOfTime ? 1 : 0, shouldStop(.step(step + 1)) ? 1 : 0]
      + world.interruptionFlags
    let sums = try world.sum(numbers + flags)
    let found = sums.suffix(flags.count)
    result.loss = sums[0] / Double(world.size)
    for index in result.terms.indices { result.terms[index].value = sums[1 + index] / Double(world.size) }
    result.isFinite = found.first == 0
    agreement.isOutOfTime = found.dropFirst().first != 0
    let isAsked = found.dropFirst(2).first != 0
    agreement.stops = world.noteInterruption(found.dropFirst(3)) || agreement.isOutOfTime || isAsked
  }

  /// Whether the run is to end after the step that is done; all processes find the same.
  var isAskedToStop: Bool { world.size == 1 ? shouldStop(.step(step)) || isOutOfTime : agreement.stops }

  /// Runs a step. If it fails before the weights have changed because another process has failed, the state before the step
  /// is saved, so that nothing is lost.
  func keepingStateIfPeersFail<Result>(_ body: () throws -> Result) throws -> Result {
    isStepOpen = false
    do { return try body() } catch {
      if world.size > 1, world.isFirst, isStepOpen, options.checkpoints.keepsLast {
        forgetGradients()
        try? snapshot.restore()
        try? saveCheckpoint(to: folder.lastCheckpoint)
      }
      throw error
    }
  }

  func forgetGradients() {
    for parameter in optimizer.groups.flatMap(\.parameters) { parameter.grad = nil }
  }

  /// Adds to a failure to reach other processes where the run can go on from.
  func explainingPeerFailure<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error where world.size > 1 && (error is PeerFailure || error is TorchError) {
      throw PeerFailure("\(world.cause(of: error)); \(placeOfGoodState)")
    }
  }

  /// Says what happens in one process alone. Only the first process has a log; the others write to the standard error.
  func warn(_ text: String) {
    if world.isFirst { return log.warn(text) }
    RunLog.writeToStandardError("rank \(world.rank): \(text.printable(limit: 4000))\n")
  }

  /// The end of the run's first line.
  var describedWorld: String {
    world.group.map { " in each of \(world.size) processes (\($0.backend.rawValue)); this is rank 0" } ?? ""
  }
}
