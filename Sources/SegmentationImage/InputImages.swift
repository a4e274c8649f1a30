import Files

/// The images that a command was given: one file, or those of a folder.
package struct InputImages {
  /// The folder that the images' names are below; nil for one file.
  private let folder: String?
  /// The images' names below the folder, or the one file's path.
  package let names: [String]
  /// Lines that tell what was left out.
  package private(set) var notes: [String] = []

  /// - Parameters:
  ///   - path: May lead through links.
  ///   - resultFolder: If it is one of the folders below, the images in it are results and not listed.
  /// - Throws: `ImageError` if there is no image, `FileError` if a folder cannot be listed.
  package init(_ path: String, isRecursive: Bool, resultFolder: String) throws {
    guard FileSystem.exists(path) else { throw ImageError(path: path, reason: "no such file or folder") }
    guard FileSystem.isFolder(path) else {
      if isRecursive {
        throw ImageError(path: path, reason: "--recursive is for a folder, and this is none")
      }
      (folder, names) = (nil, [path])
      return
    }
    let listing = try ImageListing(of: path, isRecursive: isRecursive, looksInside: true)
    let results = Self.path(of: resultFolder, below: path)
    folder = path
    names = listing.images.filter { name in results.map { !name.hasPrefix($0) } ?? true }
    if let line = listing.omissions.line(path) {
      notes.append(listing.omissions[.folder] > 0 ? "\(line); --recursive takes the folders too" : line)
    }
    let count = listing.images.count - names.count
    if count > 0 { notes.append("\(path): left out \(count) images in \(resultFolder), where the results go") }
    if names.isEmpty {
      let place = isRecursive ? "in this folder and those below" : "in this folder"
      throw ImageError(
        path: path, reason: (["no image (\(ImageFormat.list("or"))) \(place)"] + notes).joined(separator: "; "))
    }
  }

  /// The path of an image.
  package func path(of name: String) -> String { folder.map { "\($0)/\(name)" } ?? name }

  /// The beginning of the names of an image's results: its name below the folder, without a picture's extension.
  package func stem(of name: String) -> String {
    let name = folder == nil ? String(name.split(separator: "/").last ?? "") : name
    return ImageListing.isImageName(name) ? ImageListing.stemAndExtension(name).stem : name
  }

  /// A folder's path below another, with a slash at its end; nil if it is not below.
  private static func path(of folder: String, below other: String) -> String? {
    guard let real = FileSystem.realPath(folder), let above = FileSystem.realPath(other), real != above,
      real.hasPrefix(above + "/")
    else { return nil }
    return "\(real.dropFirst(above.count + 1))/"
  }
}
