import Files

/// A pickle of numpy arrays, as PaddlePaddle writes its checkpoints (`.pdparams`).
struct ArrayPickle {
  private let file: InputFile

  /// The key under which PaddlePaddle keeps the names that the parameters have in its own graph.
  private static let parameterNames = "StructuredToParameterName@@"

  init(_ file: InputFile) { self.file = file }

  /// Whether a file begins as pickles of protocol 2 and later do.
  static func matches(_ start: [UInt8]) -> Bool { start.count > 2 && start[0] == 0x80 && (2...5).contains(start[1]) }

  /// - Throws: `CheckpointError` for pickles without arrays.
  func read() throws -> PickleValue {
    var pickle = PickleReader(try file.read(at: 0, count: file.size), file: file.path)
    let root = try pickle.read()
    guard pickle.graph.tensors > 0 else {
      throw CheckpointError(
        file.path,
        "it is a Python pickle that torch.save did not write, without arrays of weights; load it in Python and save it "
          + "with torch.save")
    }
    var resolver = PickleResolver(graph: pickle.graph, file: file.path) { storage in
      throw CheckpointError(file.path, "storage '\(storage.key)' where none belongs")
    }
    let value = try resolver.resolve(root)
    guard let dictionary = value.dictionary else { return value }
    return .dictionary(PickleDictionary(dictionary.pairs.filter { $0.key != .string(Self.parameterNames) }))
  }
}
