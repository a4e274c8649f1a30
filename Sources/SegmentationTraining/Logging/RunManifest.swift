import Basics
import Foundation
import SegmentationData
import Torch

/// The circumstances of a run: everything that someone needs to repeat it.
public struct RunManifest: Codable, Sendable, Equatable {
  /// The version of rtseg.
  public var programVersion: String
  /// The version of libtorch.
  public var libtorchVersion: String
  /// The seed of the run's random numbers.
  public var seed: UInt64
  /// The program and its arguments.
  public var commandLine: [String]
  /// A hash of the configuration file that the run wrote.
  public var optionsHash: String
  /// A hash of the training and validation files; `nil` if it was not computed.
  public var dataHash: String?
  /// The processor's name.
  public var processor: String
  /// The number of threads that libtorch used.
  public var threads: Int
  /// The time at which the run began.
  public var startTime: Date
  /// The files that could not be read and were left out, as `data.skip_bad_files` allows; `nil` if there are none.
  public var leftOut: [LeftOutFile]?
  /// The ending of the run; `nil` while it goes on, and if its process was killed.
  public var ended: RunEnding?
  /// The seconds that the run has trained, without the work of a process that was killed.
  public var seconds: Double?

  /// Describes a run that begins.
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
    // The file keeps whole seconds.
    self.startTime = Date(timeIntervalSince1970: startTime.timeIntervalSince1970.rounded(.down))
  }

  /// The manifest as the text of a JSON file.
  public func json() -> Data {
    do {
      return try JSONEncoder.snakeCase(indented: true).encode(self) + Data("\n".utf8)
    } catch {
      preconditionFailure("a manifest is always encodable: \(error)")
    }
  }

  /// Reads a manifest that `json()` made.
  /// - Throws: `DecodingError` for any other text.
  public init(json: Data) throws {
    self = try JSONDecoder.snakeCase().decode(RunManifest.self, from: json)
  }
}
