import Foundation
import Torch

/// The place of this process among the processes that train together, as the environment gives it.
///
/// `torchrun`, Kubernetes' PyTorchJob and `rtseg train --processes` set `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and
/// `MASTER_PORT`; `srun` sets `SLURM_PROCID`, `SLURM_NTASKS` and `SLURM_LOCALID`, which count if `MASTER_ADDR` is set too.
public struct WorkerEnvironment: Sendable, Equatable {
  /// The number of this process, from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int
  /// The number of this process on its machine, from 0.
  public let localRank: Int
  /// The number of processes on this machine; `nil` if that is not known.
  public let localSize: Int?
  /// The address of the machine of process 0, where the processes meet.
  public let address: String
  /// The port on the machine of process 0 where the processes meet.
  public let port: Int
  /// Whether the launcher's own agent serves the place where the processes meet, as it does under some versions of
  /// torchrun.
  public let isServedByAgent: Bool
  /// The number of times that torchrun has started all processes anew.
  public let attempt: Int

  /// The most processes that one run may have.
  static let sizeLimit = 65536

  /// Reads the environment.
  /// - Returns: `nil` if the environment does not say that this process is one of several.
  /// - Throws: `TrainingError` if the environment says so, but lacks a variable or has an impossible value.
  public static func find(
    in environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(TrainingError) -> WorkerEnvironment? {
    if environment["RANK"] != nil || environment["WORLD_SIZE"] != nil {
      return try WorkerEnvironment(environment, rank: "RANK", size: "WORLD_SIZE", localRank: "LOCAL_RANK")
    }
    guard environment["SLURM_PROCID"] != nil, environment["MASTER_ADDR"] != nil else { return nil }
    return try WorkerEnvironment(environment, rank: "SLURM_PROCID", size: "SLURM_NTASKS", localRank: "SLURM_LOCALID")
  }

  private init(
    _ environment: [String: String], rank rankKey: String, size sizeKey: String, localRank localKey: String
  ) throws(TrainingError) {
    func number(_ key: String, in range: ClosedRange<Int>, _ whole: String = "a whole number") throws(TrainingError)
      -> Int
    {
      guard let text = environment[key] else {
        throw TrainingError(
          "the environment has no \(key), but says with others (\(Self.present(environment))) that this process is one of "
            + "several: set \(key) too, or unset the others")
      }
      guard let value = Int(text), range.contains(value) else {
        throw TrainingError(
          "\(key): expected \(whole), \(range.lowerBound) to \(range.upperBound), found '\(text.printable(limit: 40))' in the "
            + "environment")
      }
      return value
    }
    size = try number(sizeKey, in: 1...Self.sizeLimit)
    rank = try number(rankKey, in: 0...size - 1, "the number of a process")
    localRank = environment[localKey] == nil ? 0 : try number(localKey, in: 0...size - 1)
    if rankKey == "RANK" {
      let key = "LOCAL_WORLD_SIZE"
      localSize = environment[key] == nil ? nil : try number(key, in: localRank + 1...size)
    } else {
      // This is the number that was asked for, which may be more than there are.
      let asked = environment["SLURM_NTASKS_PER_NODE"].flatMap { Int($0) } ?? 0
      localSize = asked > localRank ? min(asked, size) : nil
    }
    if size > 1 {
      guard let host = environment["MASTER_ADDR"], !host.isEmpty else {
        throw TrainingError(
          "the environment has no MASTER_ADDR, the address of the machine of process 0, where \(size) processes meet")
      }
      guard host.utf8.count <= 255, host.unicodeScalars.allSatisfy({ $0.isASCII && $0.value > 32 && $0.value != 127 })
      else {
        throw TrainingError(
          "MASTER_ADDR: expected the name or address of a machine, found '\(host.printable(limit: 80))' in the environment"
        )
      }
      address = host
      port = try number("MASTER_PORT", in: 1...65535, "a port")
    } else {
      (address, port) = ("", 0)
    }
    isServedByAgent = environment["TORCHELASTIC_USE_AGENT_STORE"] == "True"
    let attemptKey = "TORCHELASTIC_RESTART_COUNT"
    attempt = environment[attemptKey] == nil ? 0 : try number(attemptKey, in: 0...Int(Int32.max))
  }

  private static func present(_ environment: [String: String]) -> String {
    ["RANK", "WORLD_SIZE", "MASTER_ADDR", "SLURM_PROCID", "SLURM_NTASKS"].filter { environment[$0] != nil }
      .joined(separator: ", ")
  }

  /// The device of this process: the device that an option names or, if there are several CUDA devices, the one whose
  /// number is that of the process on its machine.
  /// - Throws: `TrainingError` if there is no device for this process.
  public func device(_ name: String) throws -> Device {
    let device = try Device(named: name)
    guard size > 1 || localRank > 0 else { return device }
    switch device.kind {
    case .cuda:
      guard Device(name)?.index == nil || size == 1 else {
        throw TrainingError(
          "device: expected auto, cpu or cuda with several processes, each of which has a device of its own, found \(name)"
        )
      }
      let count = Libtorch.devices.count { $0.kind == .cuda }
      // A cluster manager may show each process only its own device.
      if count == 1, localSize == nil || localSize == 1 { return .cuda(0) }
      guard localRank < count else {
        throw TrainingError(
          "process \(localRank) of this machine has no CUDA device, since there are \(count); start as many processes as "
            + "devices, or give --device cpu")
      }
      return .cuda(localRank)
    case .cpu: return device
    default:
      throw TrainingError(
        "device: several processes train on the CPU or on CUDA devices, found \(device); give --device cpu")
    }
  }
}
