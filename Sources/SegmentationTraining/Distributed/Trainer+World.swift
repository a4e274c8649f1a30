import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// The part of a trainer that deals with several processes.
extension Trainer {
  /// The size of the parts in which gradients are sent to the other processes while the rest is still computed.
  static let bucketBytes = 25 << 20

  /// Takes over the state from which process 0 begins or continues.
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

  /// Gives each process random numbers of its own for the step. They depend only on the step and the process's number,
  /// so a run that is continued draws the same ones, whichever process has saved it.
  func seedStep() {
    guard world.size > 1 else { return }
    var stream = RandomStream("step", seed: options.seed, step, world.rank)
    Libtorch.seed(stream.next())
  }

  /// Replaces the result of this process's step by that of all processes, and finds out whether one of them is to stop.
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

  /// Whether the run is to end after the present step. All processes find the same.
  var isAskedToStop: Bool { world.size == 1 ? shouldStop(.step(step)) || isOutOfTime : agreement.stops }

  /// Runs a step. If it fails because another process has failed, and the weights have not changed yet, the state
  /// before the step is saved, so that nothing is lost.
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

  /// Adds to an error about other processes where the run can go on from.
  func explainingPeerFailure<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error where world.size > 1 && (error is PeerFailure || error is TorchError) {
      throw PeerFailure("\(world.cause(of: error)); \(placeOfGoodState)")
    }
  }

  /// Warns about something that concerns only this process. Only process 0 has a log; the others write to standard
  /// error.
  func warn(_ text: String) {
    if world.isFirst { return log.warn(text) }
    RunLog.writeToStandardError("rank \(world.rank): \(text.printable(limit: 4000))\n")
  }

  /// The end of the run's first line.
  var describedWorld: String {
    world.group.map { " in each of \(world.size) processes (\($0.backend.rawValue)); this is rank 0" } ?? ""
  }
}
