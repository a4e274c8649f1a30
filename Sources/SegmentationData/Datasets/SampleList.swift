import Files
import SegmentationImage

/// A file that lists samples, one per line. Blank lines and lines that begin with `#` are skipped.
struct SampleList {
  let file: String
  private let lines: [(number: Int, text: String)]
  /// Whether all lines are valid UTF-8.
  private let isUTF8: Bool

  /// Reads a list. Lines may end as on any system and may contain names that are not UTF-8.
  /// - Parameter what: A word for the listed samples in messages.
  init(_ file: String, what: String) throws(DataError) {
    self.file = file
    var lines: [(number: Int, text: String)] = []
    do throws(FileError) {
      var bytes = try InputFile.contents(of: file, limit: 1 << 26)[...]
      if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        bytes = Array(try TextFile.read(file).utf8)[...]
      } else if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
        bytes = bytes.dropFirst(3)
      }
      guard !bytes.contains(0) else { throw FileError("read", file, reason: "it is not a text file") }
      isUTF8 = String(validating: bytes, as: UTF8.self) != nil
      let end = bytes.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
      for (index, line) in bytes.split(separator: end, omittingEmptySubsequences: false).enumerated() {
        let text = FileName.text(line).trimmingBlanks
        if !text.isEmpty, !text.hasPrefix("#") { lines.append((index + 1, text)) }
      }
    } catch {
      throw DataError(
        "\(file): cannot be read\(FileListing.place(of: file)): \(error.reason); expected the list of \(what)")
    }
    self.lines = lines
  }

  /// Reads lines that each have the path of an image and, if it has one, of its mask. They are separated by a tab; by a
  /// comma if there is no tab; or by blanks if there is neither. Relative paths begin at `root`.
  func samples(root: String) throws(DataError) -> [Sample] {
    var samples: [Sample] = []
    for (number, text) in lines {
      let whole = FileListing.resolve(text, below: root)
      let fields = Self.isFile(whole) ? [text] : Self.fields(text)
      guard (1...2).contains(fields.count) else {
        throw failure(
          number, "expected an image and a mask, found \(fields.count) fields (a name with blanks needs a tab after it)"
        )
      }
      let paths = fields.map { FileListing.resolve($0, below: root) }
      for path in paths { try refuseMissing(path, number) }
      samples.append(Sample(image: paths[0], mask: paths.count == 2 ? paths[1] : nil))
    }
    return samples
  }

  /// Reads lines that each name a sample in two folders: by the part that the names of image and mask share (`0001` or
  /// `street/0001`), by the image's name, or by its path below `root`.
  /// - Parameter acceptsJPEG: Whether masks may be JPEG files.
  func samples(
    images: NamePattern, masks: NamePattern?, root: String, acceptsJPEG: Bool = false
  ) throws(DataError) -> [Sample] {
    let extensions = ImageFormat.endings(first: .png, withJPEG: acceptsJPEG)
    var samples: [Sample] = []
    for (number, text) in lines {
      let (image, key) = try find(text, images, root: root, number)
      let mask = try masks.map { masks throws(DataError) in
        let candidates = masks.candidates(for: key, extensions: extensions)
        guard let found = candidates.map({ "\(masks.folder)/\($0)" }).first(where: Self.isFile) else {
          throw failure(number, "'\(text.printable(limit: 200))' has no mask \(masks.folder)/\(candidates[0])")
        }
        return found
      }
      samples.append(Sample(image: image, mask: mask))
    }
    return samples
  }

  /// The image that a line names, and the key that pairs it with its mask.
  private func find(
    _ text: String, _ images: NamePattern, root: String, _ number: Int
  ) throws(DataError) -> (image: String, key: String) {
    let name = text.contains("\\") ? String(text.map { $0 == "\\" ? "/" : $0 }) : text
    let candidates = images.candidates(for: name, extensions: ImageFormat.endings(first: .jpeg))
    for candidate in candidates where Self.isFile("\(images.folder)/\(candidate)") {
      return ("\(images.folder)/\(candidate)", name)
    }
    for path in ["\(images.folder)/\(name)", FileListing.join(root, name)] where Self.isFile(path) {
      let below = path.hasPrefix(images.folder + "/") ? String(path.dropFirst(images.folder.count + 1)) : name
      if let key = images.key(of: below, extensions: FileListing.imageExtensions) { return (path, key) }
    }
    let names = candidates[0] + (images.suffixHasExtension ? "" : ", .png or .jpeg")
    throw failure(number, "\(images.folder)/\(names) does not exist\(encodingHint(text))")
  }

  private func refuseMissing(_ path: String, _ number: Int) throws(DataError) {
    switch FileSystem.kind(of: path) {
    case .file: return
    case nil: throw failure(number, "\(path) does not exist\(encodingHint(path))")
    case .folder: throw failure(number, "\(path) is a folder")
    case .other: throw failure(number, "\(path) is not a file")
    }
  }

  private func failure(_ number: Int, _ reason: String) -> DataError { DataError("\(file):\(number): \(reason)") }

  private func encodingHint(_ text: String) -> String {
    !isUTF8 && FileName.bytes(text) != Array(text.utf8) ? " (the list is not UTF-8: save it as UTF-8)" : ""
  }

  private static func isFile(_ path: String) -> Bool { FileSystem.kind(of: path) == .file }

  private static func fields(_ text: String) -> [String] {
    let fields =
      text.contains("\t")
      ? text.split(separator: "\t") : text.contains(",") ? text.split(separator: ",") : text.split(separator: " ")
    return fields.map { String($0).trimmingBlanks }.filter { !$0.isEmpty }
  }
}

extension String {
  /// The text without blanks, tabs and carriage returns at its ends.
  fileprivate var trimmingBlanks: String {
    var text = unicodeScalars[...]
    while let first = text.first, " \t\r".unicodeScalars.contains(first) { text.removeFirst() }
    while let last = text.last, " \t\r".unicodeScalars.contains(last) { text.removeLast() }
    return String(text)
  }
}
