import Files

/// The masks of a folder by the parts of their names that pair them with images.
struct PairedMasks {
  /// The masks' paths, and their keys.
  private var paths = NameTable()
  private let index: NameIndex

  /// - Parameters:
  ///   - lying: The paths of all files in the masks' folder. Those whose names do not match are left out.
  ///   - duplicate: Called with two masks that have the same key.
  init(
    _ lying: NameTable, _ names: NameMatcher, duplicate: (_ first: String, _ second: String) throws(DataError) -> Void
  ) throws(DataError) {
    var (paths, keys) = (NameTable(), NameTable())
    for place in lying.indices {
      try lying.withBytes(of: place) { path throws(DataError) in
        guard let key = try names.key(of: path) else { return }
        paths.append(path)
        keys.append(key)
      }
    }
    index = try NameIndex(keys) { (earlier: Int, later: Int) throws(DataError) in
      try duplicate(paths[earlier], paths[later])
    }
    self.paths = paths
  }

  var count: Int { paths.count }

  /// The place of the mask with a key; nil if there is none.
  func place(of key: [UInt8]) -> Int? { index.place(of: key) }

  func withPath<Result>(of place: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    paths.withBytes(of: place, body)
  }
}
