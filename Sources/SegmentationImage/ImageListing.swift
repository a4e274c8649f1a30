import Files

/// The images of a folder, and what else lies there, counted by kind.
///
/// A file is an image if its name ends as those of one of the formats do (`ImageFormat`), in small or capital letters.
/// Names are sorted by their bytes and may be of any bytes (see `FileName`).
package struct ImageListing: Equatable, Sendable {
  /// The images' paths below the folder: `a.png`, with folders below `street/b.jpg`.
  package private(set) var images = NameTable()
  package private(set) var omissions = ListingOmissions()

  /// Lists a folder.
  /// - Parameters:
  ///   - isRecursive: Whether the folders below are listed too, also through links, each once.
  ///   - looksInside: Whether files with other names are images too if their first bytes are those of an image.
  /// - Throws: `FileError` if a folder cannot be listed.
  package init(of folder: String, isRecursive: Bool = false, looksInside: Bool = false) throws(FileError) {
    var listed: Set<FileIdentity> = []
    try add(folder, below: [], isRecursive, looksInside, &listed)
  }

  private mutating func add(
    _ folder: String, below prefix: [UInt8], _ isRecursive: Bool, _ looksInside: Bool,
    _ listed: inout Set<FileIdentity>
  ) throws(FileError) {
    // A link may lead to a folder above.
    if let identity = FileSystem.identity(of: folder), !listed.insert(identity).inserted { return }
    let entries = try FolderEntries(folder)
    for (place, kind) in entries.kinds.enumerated() {
      let name = entries.names.withBytes(of: place) { Array($0) }
      switch kind {
      case _ where name.first == UInt8(ascii: "."): omissions.add(.hidden)
      case nil: omissions.add(.brokenLink)
      case .other?: omissions.add(.special)
      case .folder? where isRecursive:
        try add(
          "\(folder)/\(FileName.text(name))", below: prefix + name + [UInt8(ascii: "/")], isRecursive, looksInside,
          &listed)
      case .folder?: omissions.add(.folder)
      case .file? where Self.fileExtensions.contains(Self.fileExtension(of: name)): images.append(prefix + name)
      case .file? where looksInside && Self.isImage("\(folder)/\(FileName.text(name))"):
        images.append(prefix + name)
      case .file?: omissions.add(.file(fileExtension: Self.fileExtension(of: name)))
      }
    }
  }

  /// The extension of a name or path in small letters, as `stemAndExtension` splits it off.
  package static func fileExtension(of name: some BidirectionalCollection<UInt8>) -> String {
    let start = name.lastIndex(of: UInt8(ascii: "/")).map(name.index(after:)) ?? name.startIndex
    guard let dot = name[start...].lastIndex(of: UInt8(ascii: ".")), dot != start else { return "" }
    return FileName.text(name[name.index(after: dot)...]).lowercased()
  }

  /// Whether a name ends like an image's.
  package static func isImageName(_ name: String) -> Bool {
    fileExtensions.contains(stemAndExtension(name).fileExtension)
  }

  /// The endings of images' names, in small letters.
  package static let fileExtensions = Set(ImageFormat.allCases.flatMap(\.fileExtensions))

  /// Whether a file begins as an image does. The raw files of cameras begin as TIFF files do; they lie beside the JPEG
  /// files of the same pictures.
  private static func isImage(_ path: String) -> Bool {
    guard let format = ImageFormat(ofFileAt: path) else { return false }
    return format != .tiff || stemAndExtension(path).fileExtension.isEmpty
  }

  /// Splits a name or path at its last name's last dot; the extension is given in small letters.
  package static func stemAndExtension(_ name: String) -> (stem: String, fileExtension: String) {
    let scalars = name.unicodeScalars
    let start = scalars.lastIndex(of: "/").map(scalars.index(after:)) ?? scalars.startIndex
    guard let dot = scalars[start...].lastIndex(of: "."), dot != start else { return (name, "") }
    return (String(scalars[..<dot]), String(scalars[scalars.index(after: dot)...]).lowercased())
  }
}
