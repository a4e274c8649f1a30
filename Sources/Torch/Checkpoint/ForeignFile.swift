import Foundation

/// A file that people take for a checkpoint although it is something else.
struct ForeignFile: Equatable {
  /// The kind of file, with an article.
  let kind: String
  /// The advice to the user.
  let advice: String

  func error(_ file: String) -> CheckpointError {
    CheckpointError(file, "it is \(kind), not a checkpoint with weights: \(advice)")
  }

  /// The number of bytes at a file's start that `init(start:)` looks at.
  static let startCount = 512

  /// The kind of file by its first bytes; `nil` if it is not known.
  init?(start: [UInt8]) {
    let text = String(decoding: start, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    func begins(_ bytes: [UInt8], at place: Int = 0) -> Bool { start.dropFirst(place).starts(with: bytes) }
    let found = Self.magics.first { begins($0.bytes, at: $0.place) }
    if let found {
      self = found.file
    } else if text.hasPrefix("version https://git-lfs") {
      self = ForeignFile("a pointer of Git LFS", "fetch the file itself with git lfs pull")
    } else if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") || text.hasPrefix("<?xml")
      || text.hasPrefix("<head")
    {
      self = ForeignFile("a web page", "download the file itself, not the page about it")
    } else if text.hasPrefix("{") {
      self =
        text.contains("weight_map")
        ? ForeignFile("the index of weights in several files", "give the file with the weights")
        : ForeignFile("JSON text", "give the file with the weights")
    } else if begins([0x08]), start.count > 2, start[1] < 0x20, start[2] == 0x12 || start[2] == 0x1A {
      self = ForeignFile("an ONNX graph", "give the PyTorch checkpoint that it was exported from")
    } else if begins([0x80]), start.count > 2, (2...5).contains(start[1]) {
      let isPaddle = text.contains("structuredtoparametername") || text.contains("multiarray")
      self =
        isPaddle
        ? ForeignFile(
          "a pickle of numpy arrays, as PaddlePaddle writes (.pdparams)",
          "save it as safetensors in Python: safetensors.numpy.save_file({k: numpy.asarray(v) for k, v in "
            + "pickle.load(open(FILE, 'rb')).items() if hasattr(v, 'shape')}, 'weights.safetensors')")
        : ForeignFile("a Python pickle that torch.save did not write", "load it in Python and save it with torch.save")
    } else {
      return nil
    }
  }

  /// The kind of a zip archive by the names in it; `nil` for a checkpoint and for an unknown archive.
  static func ofArchive(_ names: [String]) -> ForeignFile? {
    let files = names.filter { !$0.hasSuffix("/") && !$0.hasPrefix("__MACOSX/") }
    func isPart(_ name: String, of folder: String) -> Bool {
      name.split(separator: "/").dropFirst().first == folder[...]
    }
    if files.contains(where: { $0.hasSuffix("/constants.pkl") && $0.count(where: { $0 == "/" }) == 1 })
      || files.contains(where: { isPart($0, of: "code") && $0.hasSuffix(".py") })
    {
      return ForeignFile(
        "a TorchScript program (torch.jit.save)",
        "save its weights in Python: torch.save(torch.jit.load(FILE).state_dict(), 'weights.pth')")
    }
    if files.contains(where: { $0.hasSuffix("/data.pkl") }) { return nil }
    if let inner = files.first(where: { name in checkpointSuffixes.contains { name.lowercased().hasSuffix($0) } }) {
      return ForeignFile("a zip archive with \(inner) in it", "unpack it and give that file")
    }
    if files.contains(where: { $0.hasSuffix("archive_format") || $0.hasSuffix("serialized_exported_program.json") }) {
      return ForeignFile(
        "a program of torch.export",
        "save its weights in Python: torch.save(torch.export.load(FILE).state_dict, 'weights.pth')")
    }
    if files.contains(where: { $0.hasSuffix(".weights.h5") }) {
      return ForeignFile("a Keras model", "give a PyTorch checkpoint of the network")
    }
    if !files.isEmpty, files.allSatisfy({ $0.hasSuffix(".npy") }) {
      return ForeignFile(
        "numpy's archive of arrays (.npz)",
        "save it as safetensors in Python: safetensors.numpy.save_file(dict(numpy.load(FILE)), 'weights.safetensors')")
    }
    return nil
  }

  private static let checkpointSuffixes = [".pth", ".pt", ".ckpt", ".safetensors", ".pth.tar", ".bin", ".pdparams"]

  private init(_ kind: String, _ advice: String) {
    self.kind = kind
    self.advice = advice
  }

  private struct Magic {
    let bytes: [UInt8]
    let place: Int
    let file: ForeignFile

    init(_ bytes: [UInt8], at place: Int = 0, _ kind: String, _ advice: String) {
      self.bytes = bytes
      self.place = place
      file = ForeignFile(kind, advice)
    }
  }

  private static let unpack = "unpack it and give the file in it"
  private static let another = "give a PyTorch checkpoint of the network"

  private static let magics = [
    Magic([0x1F, 0x8B], "a gzip archive", unpack),
    Magic(Array("BZh".utf8), "a bzip2 archive", unpack),
    Magic([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "an xz archive", unpack),
    Magic([0x28, 0xB5, 0x2F, 0xFD], "a zstd archive", unpack),
    Magic([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", unpack),
    Magic(Array("Rar!".utf8), "a rar archive", unpack),
    Magic(Array("ustar".utf8), at: 257, "a tar archive", unpack),
    Magic(
      [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file, as Keras and TensorFlow write (.h5)", another),
    Magic(Array("TFL3".utf8), at: 4, "a TensorFlow Lite model", another),
    Magic(Array("GGUF".utf8), "a GGUF model", another),
    Magic([0x93] + Array("NUMPY".utf8), "an array of numpy (.npy)", another),
    Magic([0x89, 0x50, 0x4E, 0x47], "a PNG image", another),
    Magic([0xFF, 0xD8, 0xFF], "a JPEG image", another),
  ]
}
