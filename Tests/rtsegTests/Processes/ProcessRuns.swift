import Foundation
import TestSupport
import Testing
import Torch

/// Runs of `rtseg train` on some drawn scenes, for tests with several processes.
final class ProcessRuns {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-processes-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let drawn = try Program.run("data", "synthesize", "--output", path("scenes"), "--count", "15", "--size", "64x96")
    #expect(drawn.status == 0, "\(drawn.errors)")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  /// Three steps in each of two epochs.
  func arguments(_ output: String, model: String = "fastscnn", _ more: [String] = []) -> [String] {
    [
      "train", "--output", path(output), "--model", model, "--data-root", path("scenes"), "--epochs", "2",
      "--batch-size", "4", "--crop-size", "64x64", "--threads", "1", "--device", "cpu",
    ] + more
  }

  /// A learning rate that does not depend on how many epochs there are.
  static let constantRate = ["--set", "schedule.policy=constant", "--set", "schedule.warmup_epochs=0", "--lr", "0.001"]
  /// Batch normalizations that see the whole batch however many processes share it.
  static let synchronized = ["--set", "model.sync_batch_norm=true"]

  func run(_ arguments: [String]) throws {
    let result = try Program.run(arguments)
    #expect(result.status == 0, "\(arguments.joined(separator: " ")): \(result.errors)")
  }

  func weights(_ run: String, _ file: String = "last.pth") throws -> StateDictionary {
    try Checkpoint.readState(from: folder.appending(path: "\(run)/\(file)"))
  }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

  /// The rows of `metrics.jsonl`.
  func rows(_ run: String) throws -> [[String: Any]] {
    try String(contentsOfFile: path("\(run)/metrics.jsonl"), encoding: .utf8).split(separator: "\n").map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  /// How far the trained weights of two runs are apart, as a share of how far training has moved them.
  ///
  /// With batch normalizations that is never nothing: where a value lies within rounding of the bend of a ReLU, its gradient
  /// counts in one run and not in the other. Kernels for AVX2 in place of AVX-512 give 0.3 % after one step on one process.
  func difference(_ a: String, _ b: String, start: String = "start") throws -> Double {
    let (first, second, start) = (try weights(a), try weights(b), try weights(start))
    #expect(first.keys == second.keys)
    var (apart, moved) = (0.0, 0.0)
    for (name, tensor) in first.entries where !name.contains("running") && tensor.dtype.isFloatingPoint {
      guard let other = second[name], let origin = start[name] else { return .infinity }
      apart += ((tensor - other) * (tensor - other)).sum().item
      moved += ((tensor - origin) * (tensor - origin)).sum().item
    }
    #expect(moved > 1e-9, "nothing was learned")
    return (apart / moved).squareRoot()
  }

  /// The weights with which runs begin.
  func makeStart(model: String = "fastscnn", _ flags: [String] = [], _ name: String = "start") throws {
    try run(
      arguments(
        name, model: model,
        flags + ["--epochs", "1", "--lr", "1e-12", "--set", "optimizer.weight_decay=0", "--no-validation"]))
  }

  /// Waits for something that another process does; false if that process ended before.
  static func wait(for process: Process, until condition: () -> Bool) -> Bool {
    while !condition() {
      if !process.isRunning { return condition() }
      usleep(5000)
    }
    return true
  }

  /// The workers of a launcher by their ranks, once all are there.
  static func workers(of launcher: Process, count: Int) throws -> [Int: pid_t] {
    let id = launcher.processIdentifier
    var found: [Int: pid_t] = [:]
    #expect(
      wait(for: launcher) {
        found = [:]
        let children = (try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)) ?? ""
        for child in children.split(separator: " ").compactMap({ pid_t($0) }) {
          guard let variables = try? String(contentsOfFile: "/proc/\(child)/environ", encoding: .utf8),
            let rank = variables.split(separator: "\0").first(where: { $0.hasPrefix("RANK=") })
          else { continue }
          found[Int(rank.dropFirst(5)) ?? -1] = child
        }
        return found.count == count
      }, "there are \(found.count) workers")
    return found
  }

  /// Whether a process is there and has not ended.
  static func isThere(_ process: pid_t) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
    return status.split(separator: ")").last?.split(separator: " ").first.map { !["Z", "X"].contains($0) } ?? false
  }
}
