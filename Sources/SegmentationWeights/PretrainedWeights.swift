import Files
import Foundation
import SegmentationModels
import Torch

/// Finds files of weights by their path, address or name; those of the web come through a folder that keeps them.
///
/// Nothing is fetched unless an address or a name asks for it, and then once.
public struct PretrainedWeights: Sendable {
  /// The folder that keeps files from the web: `RTSEG_CACHE`, or `rtseg` in `XDG_CACHE_HOME`, or `~/.cache/rtseg`.
  public static func defaultCache(environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
    URL(filePath: CacheFolder.path(of: environment))
  }

  /// The mirror of published weights that `RTSEG_WEIGHTS_MIRROR` names; empty for none.
  public static func defaultMirror(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    environment[WeightsMirror.variable] ?? ""
  }

  private let cache: URL
  private let mirror: String
  private let log: WeightsLog
  private let limits: DownloadLimits
  private let isInterrupted: @Sendable () -> Bool

  /// - Parameters:
  ///   - cache: The folder that keeps files from the web.
  ///   - mirror: An address that takes the place of the host in addresses of published weights; empty for none.
  ///   - log: Takes what is said meanwhile.
  ///   - isInterrupted: Asked several times a second; a download ends with an error once it is true.
  public init(
    cache: URL = Self.defaultCache(), mirror: String = Self.defaultMirror(), log: WeightsLog = WeightsLog(),
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.init(cache: cache, mirror: mirror, limits: .init(), log: log, isInterrupted: isInterrupted)
  }

  package init(
    cache: URL, mirror: String = "", limits: DownloadLimits, log: WeightsLog,
    isInterrupted: @escaping @Sendable () -> Bool = { false }
  ) {
    self.cache = cache
    self.mirror = mirror
    self.limits = limits
    self.log = log
    self.isInterrupted = isInterrupted
  }

  // MARK: Finding

  /// The file with a network's weights that a text names: a path, an `http`, `https` or `file` address, or the name of a
  /// published checkpoint such as `fastscnn@cityscapes`. A file that is there goes before a name.
  ///
  /// The file of an address or a name is fetched once. If the name of a file on the web ends in eight or more
  /// hexadecimal digits, as `resnet18-f37072fd.pth` does, its SHA-256 must begin with them. A file has at most 2 GiB, and a
  /// transfer of less than 1000 bytes per second over half a minute is given up.
  /// - Parameter network: The network that the weights must be of, if it is known.
  /// - Throws: `WeightsError`, `UnknownWeights` or `FileError`.
  public func find(_ text: String, of network: Architecture? = nil) throws -> WeightsFile {
    let source = try WeightsSource(text)
    if let network, case .checkpoint(let checkpoint) = source, checkpoint.architecture != network {
      throw WeightsError("\(text): this is a checkpoint of \(checkpoint.architecture.name), not of \(network.name)")
    }
    var file = try find(source)
    if let network { file.architecture = network }
    return file
  }

  /// The file with the weights of a backbone or encoder that a text names: a path, an address, or a name such as
  /// `imagenet`.
  /// - Throws: `WeightsError`, `UnknownWeights` or `FileError`.
  public func find(_ text: String, for part: PretrainedPart) throws -> WeightsFile {
    try find(WeightsSource(text, for: part))
  }

  private func find(_ source: WeightsSource) throws -> WeightsFile {
    switch source {
    case .file(let path): WeightsFile(url: URL(filePath: path))
    case .address(let url): WeightsFile(url: try cachedFile(of: url))
    case .checkpoint(let checkpoint):
      WeightsFile(url: try published(checkpoint.address), architecture: checkpoint.architecture)
    case .pretrained(let weights): WeightsFile(url: try published(weights.address))
    }
  }

  // MARK: Reading

  /// The tensors of the file that a text names; see `find(_:)`.
  /// - Throws: `WeightsError`, `UnknownWeights`, `FileError` or `CheckpointError`.
  public func read(_ text: String) throws -> StateDictionary {
    let source = try WeightsSource(text)
    return try Checkpoint.state(in: content(of: source), file: text)
  }

  /// The tensors of the file that a text names that belong to a backbone or encoder, spelled as in the file; see
  /// `find(_:for:)`. Without a `part`, only paths and addresses are known.
  /// - Throws: `WeightsError`, `UnknownWeights`, `FileError` or `CheckpointError`.
  public func read(_ text: String, for part: PretrainedPart?, of module: some Pretrainable) throws -> NetworkWeights {
    let source = try part.map { try WeightsSource(text, for: $0) } ?? WeightsSource(text)
    return try NetworkWeights(
      in: content(of: source), file: text, shapes: module.stateShapes, spelling: module.pretrainedNames.name)
  }

  private func content(of source: WeightsSource) throws -> PickleValue {
    let file = try find(source).url
    do {
      return try Checkpoint.read(from: file)
    } catch let error as CheckpointError where file.path.hasPrefix(cache.path) {
      // Kept, a damaged file would be in the way of the right one.
      try? FileManager.default.removeItem(at: file)
      throw WeightsError("\(file.path): what was downloaded holds no weights (\(error)); try again")
    }
  }

  // MARK: Fetching

  /// The file of published weights, by the mirror if there is one.
  private func published(_ address: String) throws -> URL {
    let original = URL(string: address)!
    guard let source = try WeightsMirror(mirror)?.url(of: original) else { return try cachedFile(of: original) }
    if source.isFileURL {
      guard FileSystem.kind(of: source.path) == .file else {
        throw WeightsError("\(source.path): there is no such file in the mirror that \(WeightsMirror.variable) names")
      }
      return source
    }
    return try cachedFile(of: original, from: source)
  }

  /// The file in the cache, fetched if it is not there yet.
  /// - Parameter source: Where it is fetched from; the address itself unless given.
  private func cachedFile(of url: URL, from source: URL? = nil) throws -> URL {
    let source = source ?? url
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
      throw WeightsError("\(cache.path): cannot make this folder for downloads; RTSEG_CACHE names another one")
    }
    AtomicFile.removeAbandoned(in: cache.path)
    try AtomicFile.write(to: file) { output in
      let download = Download(of: source, to: output, limits: limits, log: log, isInterrupted: isInterrupted)
      try check(download.run(), name: name, digits: digits, address: source.absoluteString)
    }
    return file
  }

  private func check(_ content: Download.Content, name: String, digits: String?, address: String) throws {
    do {
      try Checkpoint.checkStart(content.start, fileSize: content.size, file: name)
    } catch {
      throw WeightsError("\(address): what was downloaded holds no weights (\(error))")
    }
    if let digits, !content.hash.hasPrefix(digits) {
      throw WeightsError(
        "\(address): the content is not what the name says: expected a SHA-256 that begins with \(digits), "
          + "found \(content.hash.prefix(max(digits.count, 8))); try again, or download it by hand and pass the path")
    }
    log.message(
      digits.map { "downloaded; the SHA-256 begins with \($0) as the name says" }
        ?? "downloaded; the name holds no hash to check the content against (SHA-256 \(content.hash))")
  }

  /// The hexadecimal digits that a file's name ends in, as torchvision's do.
  private static func hashDigits(in name: String) -> String? {
    name.wholeMatch(of: /.*-([0-9a-f]{8,64})\.[A-Za-z0-9]+/).map { String($0.1) }
  }

  private static func hash(of url: URL) -> String {
    Data(url.absoluteString.utf8).withUnsafeBytes(ContentHash.hex(of:))
  }
}
