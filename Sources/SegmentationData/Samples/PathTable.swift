import Files

/// Paths in a few pieces of memory: the names in their folders, and each folder once.
struct PathTable: Sendable {
  /// The folders with a slash at their ends; empty for bare names.
  private var folders: [[UInt8]] = []
  private var places: [[UInt8]: UInt32] = [:]
  /// The folder of each name; the largest number for a path that is absent.
  private var folderOfName: [UInt32] = []
  private var names = NameTable()

  var count: Int { names.count }

  /// The path at a place; nil if it is absent.
  subscript(place: Int) -> String? {
    guard folderOfName[place] != .max else { return nil }
    let folder = folders[Int(folderOfName[place])]
    return FileName.text(folder + names.withBytes(of: place) { Array($0) })
  }

  /// Adds a path; nil for one that is absent.
  mutating func append(_ path: String?) {
    guard let path else {
      folderOfName.append(.max)
      return names.append([])
    }
    FileName.bytes(path).withUnsafeBufferPointer { append(folder: [], below: $0) }
  }

  /// Adds a path below a folder.
  /// - Parameter folder: The folder with a slash at its end, or nothing.
  mutating func append(folder: [UInt8], below path: UnsafeBufferPointer<UInt8>) {
    let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    let name = UnsafeBufferPointer(rebasing: path[start...])
    folderOfName.append(place(folder, path[..<start]))
    names.append(name)
  }

  private mutating func place(_ folder: [UInt8], _ below: Slice<UnsafeBufferPointer<UInt8>>) -> UInt32 {
    // Neighbours usually have the same folder.
    if let last = folderOfName.last, last != .max {
      let known = folders[Int(last)]
      if known.count == folder.count + below.count, known.starts(with: folder),
        known[folder.count...].elementsEqual(below)
      {
        return last
      }
    }
    let whole = folder + below
    if let place = places[whole] { return place }
    let place = UInt32(folders.count)
    folders.append(whole)
    places[whole] = place
    return place
  }

  static func += (table: inout PathTable, other: PathTable) {
    for place in 0..<other.count {
      if other.folderOfName[place] == .max {
        table.append(nil)
      } else {
        let folder = other.folders[Int(other.folderOfName[place])]
        other.names.withBytes(of: place) { table.append(folder: folder, below: $0) }
      }
    }
  }
}
