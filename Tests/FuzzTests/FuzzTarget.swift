import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import Torch

/// A reader of files that others wrote. It may read or refuse any bytes, and do nothing else.
enum FuzzTarget: String, CaseIterable {
  case checkpoint, resume, array, image, card, list, annotation, bitmap, configuration, program, onnx, shard

  /// Reads `bytes`. Errors are what it should throw; anything else ends the process.
  func run(_ bytes: UnsafeRawBufferPointer) {
    switch self {
    case .checkpoint: try? Self.withFile(bytes) { try Self.readCheckpoint($0) }
    case .resume: try? Self.withFile(bytes) { try Self.resume(from: $0) }
    case .array: _ = try? Self.withFile(bytes) { try Npy.read($0) }
    case .image:
      try? Self.decodeImage(bytes)
      Self.withChecksums(bytes) { try? Self.decodeImage($0) }
    case .card: try? Self.readCard(String(decoding: bytes, as: UTF8.self))
    case .list: try? Self.readList(bytes)
    case .annotation: Self.readAnnotations(bytes)
    case .bitmap: Self.readBitmap(bytes)
    case .configuration: try? Self.readConfiguration(String(decoding: bytes, as: UTF8.self))
    case .program:
      Self.runProgram(bytes)
      Self.withProgramChecksums(bytes, Self.runProgram)
    case .onnx: Self.importNetwork(bytes)
    case .shard:
      try? Self.readShard(bytes)
      try? Self.readShard(Self.withHeaderChecksums(bytes))
    }
  }

  // MARK: - Files

  /// Lends a file with the bytes, in memory where the system has such files.
  static func withFile<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (URL) throws -> Result) throws -> Result {
    try Data(bytes).write(to: file)
    return try body(file)
  }

  /// The one file of this process, overwritten each time.
  private static let file: URL = {
    let memory = URL(filePath: "/dev/shm")
    let folder =
      FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
    let file = folder.appending(path: "rtseg-fuzz-\(ProcessInfo.processInfo.processIdentifier)")
    atexit { try? FileManager.default.removeItem(at: FuzzTarget.file) }
    return file
  }()

  // MARK: - Checkpoints

  private static func readCheckpoint(_ file: URL) throws {
    _ = try? Checkpoint.readState(from: file)
    _ = try Checkpoint.readWeights(from: file, for: makeModel())
  }

  /// Takes a training state up as a run with `--resume` does.
  private static func resume(from file: URL) throws {
    let checkpoint = try TrainingCheckpoint(contentsOf: file)
    let model = try makeModel()
    _ = try? model.load(checkpoint.model)
    for state in checkpoint.randomStates { try? Libtorch.setRandomState(state, of: .cpu) }
    for optimizer in [
      Adam([ParameterGroup(model.parameters, learningRate: 1e-3)]) as any Optimizer,
      SGD([ParameterGroup(model.parameters, learningRate: 1e-3)]),
    ] {
      guard let state = try? optimizer.state(from: checkpoint.optimizer) else { continue }
      optimizer.state = state
      // The step trusts these; what it would write beyond a tensor is libtorch's, where no sanitizer looks.
      for (number, tensors) in optimizer.state {
        for (name, tensor) in tensors {
          let like = model.parameters[number]
          precondition(name == "step" ? tensor.count == 1 : tensor.shape == like.shape && tensor.dtype == like.dtype)
        }
      }
      for parameter in model.parameters { parameter.grad = Tensor.ones(parameter.shape) }
      optimizer.step()
    }
  }

  private static func makeModel() throws -> Module { Sequential([Conv2d(3, 2, kernel: 1)]) }

  // MARK: - Images

  /// Decodes in all layouts, whole and in part.
  private static func decodeImage(_ bytes: UnsafeRawBufferPointer) throws {
    let image = try EncodedImage(bytes.bindMemory(to: UInt8.self), path: "image")
    _ = try? image.palette()
    // A small file can say that it is an image of 128 million pixels, which takes its time.
    guard image.size.area <= 1 << 20 else { return }
    _ = try? image.decoded(.rgb)
    _ = try? image.decoded(.rgb, white: 4095)
    _ = try? image.decoded(.values)
    _ = try? image.decoded(.wideValues)
    if image.size.area * image.planes <= 1 << 22 { _ = try? Raster(image) }
    let rows = image.size.height / 3..<(image.size.height + 1) / 2
    var pixels = [UInt8](repeating: 0, count: rows.count * image.size.width * 3)
    if !rows.isEmpty { try image.decode(.rgb, rows: rows, into: &pixels) }
  }

  /// Lends a PNG file with right checksums, without which nothing of a changed chunk would be read; no other file.
  private static func withChecksums(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    guard bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return }
    var file = Array(bytes)
    // Chunks: length, type, content, checksum of type and content.
    var chunk = 8
    while chunk + 12 <= file.count {
      let length = file[chunk..<chunk + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= file.count - chunk - 12 else { break }
      let end = chunk + 8 + length
      let sum = ~file[chunk + 4..<end].reduce(~UInt32(0)) { sum, byte in
        (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
      }
      for index in 0..<4 { file[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(index))) }
      chunk = end + 4
    }
    file.withUnsafeBytes(body)
  }

  // MARK: - Texts

  private static func readCard(_ text: String) throws {
    let card = try FolderCard(yaml: text, path: "/nowhere/card.yaml")
    let dataset = card.dataset()
    for split in Split.allCases { _ = try? dataset.samples(of: split) }
  }

  private static func readList(_ bytes: UnsafeRawBufferPointer) throws {
    try withFile(bytes) { file in
      let card = """
        classes: [{name: a, color: [0, 0, 0]}]
        map: {0: a}
        splits: {train: {list: \(file.path)}}
        """
      _ = try FolderCard(yaml: card, path: "/nowhere/card.yaml").dataset().samples(of: .train)
    }
  }

  private static func readConfiguration(_ text: String) throws {
    let loader = ConfigurationLoader(defaults: TrainingOptions())
    let options = try loader.load(yaml: text, name: "options.yaml")
    // Options that were accepted must read back as equal.
    let again = try! loader.load(yaml: loader.yaml(options), name: "again")
    precondition(again == options)
  }
}
