import Files
import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// Reads files of pretrained weights, those of the web through a folder that keeps them.
public struct PretrainedWeights: Sendable {
  /// Where files from the web stay: `RTSEG_CACHE`, else `rtseg` in `XDG_CACHE_HOME`, else in `~/.cache`.
  public static func defaultCache(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
    URL(filePath: CacheFolder.path(of: environment))
  }

  private let cache: URL
  private let log: RunLog
  private let limits: DownloadLimits

  public init(cache: URL = Self.defaultCache(), log: RunLog) {
    self.init(cache: cache, limits: .init(), log: log)
  }

  package init(cache: URL, limits: DownloadLimits, log: RunLog) {
    self.cache = cache
    self.limits = limits
    self.log = log
  }

  /// The tensors of a `.pth` or safetensors file.
  ///
  /// An `http` or `https` address is fetched once. Where its file's name ends in eight or more hexadecimal digits, as
  /// `resnet18-f37072fd.pth` does, the SHA-256 must begin with them. A file has at most 2 GiB, and a transfer of less than
  /// 1000 bytes per second over half a minute is given up.
  /// - Parameter location: A path or an address.
  /// - Throws: `TrainingError`, `FileError` or `CheckpointError`.
  public func read(_ location: String) throws -> StateDictionary {
    try Checkpoint.state(in: content(of: location), file: location)
  }

  /// The tensors of a file that belong to a backbone or encoder, spelled as in the file; see `NetworkWeights`.
  /// - Throws: `TrainingError`, `FileError` or `CheckpointError`.
  public func read(_ location: String, for module: some Pretrainable) throws -> NetworkWeights {
    try NetworkWeights(
      in: content(of: location), file: location, shapes: module.stateShapes, spelling: module.pretrainedNames.name)
  }

  private func content(of location: String) throws -> PickleValue {
    guard let url = URL(string: location), let scheme = url.scheme?.lowercased(), location.contains("://") else {
      return try Checkpoint.read(from: URL(filePath: location))
    }
    switch scheme {
    case "file": return try Checkpoint.read(from: url)
    case "http", "https": return try readFromWeb(url)
    default: throw TrainingError("\(location): expected a path or an http, https or file address")
    }
  }

  private func readFromWeb(_ url: URL) throws -> PickleValue {
    let file = try cachedFile(of: url)
    do {
      return try Checkpoint.read(from: file)
    } catch let error as CheckpointError {
      // A page in place of the file, for example: kept, it would be in the way of the right one.
      try? FileManager.default.removeItem(at: file)
      throw TrainingError("\(url.absoluteString): what was downloaded holds no weights (\(error))")
    }
  }

  /// The file in the cache, fetched where it is not there yet.
  func cachedFile(of url: URL) throws -> URL {
    let name = String((url.lastPathComponent.split(separator: "/").last ?? "weights").suffix(200))
    let digits = Self.hashDigits(in: name)
    // Without its content's hash a name may mean another file elsewhere.
    let mark = digits == nil ? String(Self.hash(of: url).prefix(16)) + "-" : ""
    let file = cache.appending(path: mark + name)
    if FileSystem.exists(file.path) {
      log.message("\(url.absoluteString): taken from \(file.path)")
      return file
    }
    do { try FileSystem.makeFolder(cache.path) } catch {
      throw TrainingError("\(cache.path): cannot make this folder for downloads; RTSEG_CACHE names another one")
    }
    AtomicFile.removeAbandoned(in: cache.path)
    try AtomicFile.write(to: file) { output in
      let hash = try Download(of: url, to: output, limits: limits, log: log).run()
      if let digits, !hash.hasPrefix(digits) {
        throw TrainingError(
          "\(url.absoluteString): the content is not what the name says: expected a SHA-256 that begins with \(digits), "
            + "found \(hash.prefix(max(digits.count, 8))); try again, or download it by hand and pass the path")
      }
      log.message(
        digits.map { "downloaded; the SHA-256 begins with \($0) as the name says" }
          ?? "downloaded; the name holds no hash to check the content against (SHA-256 \(hash))")
    }
    return file
  }

  /// The hexadecimal digits that a file's name ends in, as torchvision's do.
  static func hashDigits(in name: String) -> String? {
    name.wholeMatch(of: /.*-([0-9a-f]{8,64})\.[A-Za-z0-9]+/).map { String($0.1) }
  }

  private static func hash(of url: URL) -> String {
    Data(url.absoluteString.utf8).withUnsafeBytes(ContentHash.hex(of:))
  }
}
