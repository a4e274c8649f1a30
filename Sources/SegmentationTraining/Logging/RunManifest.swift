import Basics
import Foundation
import SegmentationData
import Torch

/// How a run came about: what someone needs to repeat it.
public struct RunManifest: Codable, Sendable, Equatable {
  public var programVersion: String
  public var libtorchVersion: String
  public var seed: UInt64
  /// The program and its arguments.
  public var commandLine: [String]
  /// A hash of the configuration file that the run wrote.
  public var optionsHash: String
  /// A hash of the training and validation files; nil where it was not computed.
  public var dataHash: String?
  /// The processor's name.
  public var processor: String
  public var threads: Int
  public var startTime: Date
  /// The files that could not be read and were left out, for `data.skip_bad_files`; none if there are none.
  public var leftOut: [LeftOutFile]?
  /// How the run ended. Nothing stands here while it goes on, nor if its process was killed.
  public var ended: RunEnding?
  /// How many seconds the run has trained, without what a process did that was killed.
  public var seconds: Double?

  public init(
    programVersion: String, libtorchVersion: String, seed: UInt64, optionsHash: String, dataHash: String?, threads: Int,
    startTime: Date = Date(), commandLine: [String] = CommandLine.arguments
  ) {
    self.programVersion = programVersion
    self.libtorchVersion = libtorchVersion
    self.seed = seed
    self.commandLine = commandLine
    self.optionsHash = optionsHash
    self.dataHash = dataHash
    processor = Processor.name
    self.threads = threads
    // Whole seconds, as the file keeps them.
    self.startTime = Date(timeIntervalSince1970: startTime.timeIntervalSince1970.rounded(.down))
  }

  /// The manifest as JSON.
  public func json() -> Data {
    do {
      return try JSONEncoder.snakeCase(indented: true).encode(self) + Data("\n".utf8)
    } catch {
      preconditionFailure("a manifest is always encodable: \(error)")
    }
  }

  /// Reads a manifest that `json()` made.
  public init(json: Data) throws {
    self = try JSONDecoder.snakeCase().decode(RunManifest.self, from: json)
  }
}
