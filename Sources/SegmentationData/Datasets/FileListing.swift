import Foundation

/// Lists folders and pairs images with masks.
enum FileListing {
  static let imageExtensions: Set<String> = ["png", "jpg", "jpeg"]

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// The names in a folder, sorted, without hidden ones. `expected` says what the folder is for.
  static func names(in folder: String, expected: String) throws(DataError) -> [String] {
    guard isFolder(folder) else { throw DataError("\(folder): no such folder; expected \(expected)") }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    } catch {
      throw DataError("\(folder): cannot be read: \(error.localizedDescription)")
    }
  }

  /// Splits a name at its last dot.
  static func stemAndExtension(_ name: String) -> (stem: String, fileExtension: String) {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
    return (String(name[..<dot]), name[name.index(after: dot)...].lowercased())
  }

  /// Pairs the images of a folder with the masks of another by name without extension. Files that are neither PNG nor
  /// JPEG are passed over. `masks` nil gives samples without masks.
  static func pairs(images: String, masks: String?, what: String) throws(DataError) -> [Sample] {
    let files = try names(in: images, expected: "the images of \(what)")
      .filter { imageExtensions.contains(stemAndExtension($0).fileExtension) }
    guard let masks else { return files.map { Sample(image: "\(images)/\($0)", mask: nil) } }
    var byStem: [String: String] = [:]
    for name in try names(in: masks, expected: "the masks of \(what)") {
      let (stem, fileExtension) = stemAndExtension(name)
      if fileExtension == "png" { byStem[stem] = "\(masks)/\(name)" }
    }
    return try matched(files.map { ("\(images)/\($0)", byStem[stemAndExtension($0).stem]) }, masks: masks)
  }

  /// Turns pairs into samples; throws where masks are missing, with the first such image.
  static func matched(_ pairs: [(image: String, mask: String?)], masks: String) throws(DataError) -> [Sample] {
    let unmatched = pairs.filter { $0.mask == nil }
    if let first = unmatched.first {
      throw DataError(
        "\(unmatched.count) of \(pairs.count) images have no mask of the same name in \(masks); the first is \(first.image)"
      )
    }
    return pairs.map { Sample(image: $0.image, mask: $0.mask) }
  }
}
