import Files
import Foundation

/// Checkpoint files: PyTorch's `.pth` (both formats it has had), PaddlePaddle's `.pdparams` and safetensors. Opening one
/// runs nothing.
public enum Checkpoint {
  /// Reads all that a file holds, with tensors on the CPU. The content tells the format, not the name.
  /// - Throws: `FileError` or `CheckpointError`.
  public static func read(from url: URL) throws -> PickleValue {
    let file = try InputFile(url)
    let start = try file.read(at: 0, count: min(file.size, ForeignFile.startCount))
    switch try format(start: start, fileSize: file.size, file: file.path) {
    case .archive: return try CheckpointArchive(file).read()
    case .legacy: return try LegacyCheckpoint(file: file).read()
    case .safetensors: return try readSafetensors(url)
    case .pickle: return try ArrayPickle(file).read()
    }
  }

  /// The key of a safetensors file's metadata under which the description of the network stands.
  package static let cardKey = "rtseg.card"

  /// The tensors of a safetensors file; with the description of the network, they are as in a training checkpoint.
  private static func readSafetensors(_ url: URL) throws -> PickleValue {
    let (tensors, metadata) = try Safetensors.read(url)
    guard let card = metadata[cardKey] else { return PickleValue(tensors) }
    return ["state_dict": PickleValue(tensors), "rtseg": ["card": .string(card)]]
  }

  /// The formats of checkpoints.
  private enum Format {
    /// PyTorch's zip archive.
    case archive
    /// PyTorch's format before version 1.6.
    case legacy
    case safetensors
    /// A pickle of numpy arrays, as PaddlePaddle writes.
    case pickle
  }

  /// - Parameter start: The file's first bytes.
  private static func format(start: [UInt8], fileSize: Int, file: String) throws -> Format {
    if CheckpointArchive.matches(start) { return .archive }
    if LegacyCheckpoint.matches(start) { return .legacy }
    if Safetensors.matches(start, fileSize: fileSize) { return .safetensors }
    if ArrayPickle.matches(start) { return .pickle }
    if let foreign = ForeignFile(start: start) { throw foreign.error(file) }
    throw CheckpointError(
      file, fileSize == 0 ? "the file is empty" : "not a checkpoint, or one cut at its start",
      expected: "a checkpoint of PyTorch (.pth) or PaddlePaddle (.pdparams), or safetensors")
  }

  /// Refuses what is no checkpoint by its first bytes, such as a web page.
  /// - Parameter start: The first 512 bytes, or all if there are fewer.
  /// - Throws: `CheckpointError`.
  package static func checkStart(_ start: [UInt8], fileSize: Int, file: String) throws {
    _ = try format(start: start, fileSize: fileSize, file: file)
  }

  /// Reads the weights of a file that holds them alone or within a whole training state, for a network that is not known
  /// yet; `readWeights` finds those of a network.
  /// - Throws: `FileError` or `CheckpointError`.
  public static func readState(from url: URL) throws -> StateDictionary {
    try state(in: try read(from: url), file: url.path)
  }

  /// A network's weights out of the content of a checkpoint: the value itself, or the value under `state_dict`,
  /// `model_state_dict` or `model`. If all names share the prefix `module.`, it is taken off.
  package static func state(in value: PickleValue, file: String) throws -> StateDictionary {
    guard let dictionary = value.dictionary else { throw noTensors(in: value, file: file) }
    for name in ["state_dict", "model_state_dict", "model"] {
      if let inner = dictionary[.string(name)], inner.tensor == nil { return try state(in: inner, file: file) }
    }
    guard dictionary.pairs.isEmpty || dictionary.pairs.contains(where: { $0.value.isTensorOfSomeType }) else {
      throw noTensors(in: value, file: file)
    }
    var state = StateDictionary()
    for (key, value) in dictionary.pairs {
      guard case .string(let name) = key, case .tensor(let tensor) = value else {
        throw CheckpointError(file, key: key.text, "not a weight", expected: "a tensor with a name", found: value.kind)
      }
      state[name] = tensor
    }
    let prefix = "module."
    guard state.count > 0, state.keys.allSatisfy({ $0.hasPrefix(prefix) }) else { return state }
    return state.renamed { String($0.dropFirst(prefix.count)) }
  }

  /// Writes a file that PyTorch's `torch.load` opens, also with `weights_only=True`. Tensors that share memory share it
  /// in the file, which holds the whole of the memory that each lies in.
  /// - Throws: `FileError`, or `CheckpointError` for a value that PyTorch could not have; nothing half-written is left.
  public static func write(_ value: PickleValue, to url: URL) throws {
    try AtomicFile.write(to: url) { try write(value, to: $0) }
  }

  package static func write(_ value: PickleValue, to file: OutputFile) throws {
    var pickle = PickleWriter(file: file.path)
    try pickle.write(value)
    let archive = try CheckpointArchiveWriter(file)
    try archive.write("data.pkl", pickle.finished())
    try archive.write("byteorder", Array("little".utf8))
    for (index, storage) in pickle.storages.enumerated() {
      try storage.to(device: .cpu).withUnsafeBytes { try archive.write("data/\(index)", $0) }
    }
    try archive.finish()
  }
}

extension PickleValue {
  /// Whether this is a tensor, also one of an element type that is not supported.
  fileprivate var isTensorOfSomeType: Bool {
    switch self {
    case .tensor, .opaque: true
    default: false
    }
  }
}
