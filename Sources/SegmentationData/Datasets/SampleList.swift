import Files
import SegmentationImage

/// A file that lists samples, one per line. Blank lines and lines that begin with `#` are skipped.
struct SampleList {
  let file: String
  /// The lines that are no comments, without blanks at their ends, and their numbers.
  private let lines: NameTable
  private let numbers: [Int]
  /// Whether all lines are valid UTF-8.
  private let isUTF8: Bool

  /// Reads a list. Lines may end as on any system and may contain names that are not UTF-8.
  /// - Parameter what: A word for the listed samples in messages.
  init(_ file: String, what: String) throws(DataError) {
    self.file = file
    var (lines, numbers, isUTF8) = (NameTable(), [Int](), true)
    do throws(FileError) {
      // A million lines of two paths.
      var bytes = try InputFile.contents(of: file, limit: 1 << 30)[...]
      if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
        bytes = Array(try TextFile.read(file).utf8)[...]
      } else if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
        bytes = bytes.dropFirst(3)
      }
      guard !bytes.contains(0) else { throw FileError("read", file, reason: "it is not a text file") }
      let end = bytes.contains(UInt8(ascii: "\n")) ? UInt8(ascii: "\n") : UInt8(ascii: "\r")
      var number = 0
      while !bytes.isEmpty {
        let line = bytes.prefix { $0 != end }
        bytes = bytes[line.endIndex...].dropFirst()
        number += 1
        let text = line.trimmingBlanks
        if isUTF8, text.contains(where: { $0 >= 0x80 }) { isUTF8 = String(validating: text, as: UTF8.self) != nil }
        guard let first = text.first, first != UInt8(ascii: "#") else { continue }
        lines.append(text)
        numbers.append(number)
      }
    } catch {
      throw DataError(
        "\(file): cannot be read\(FileListing.place(of: file)): \(error.reason); expected the list of \(what)")
    }
    (self.lines, self.numbers, self.isUTF8) = (lines, numbers, isUTF8)
  }

  /// Reads lines that each have the path of an image and, if it has one, of its mask. They are separated by a tab; by a
  /// comma if there is no tab; or by blanks if there is neither. Relative paths begin at `root`.
  func samples(root: String) throws(DataError) -> Samples {
    var table = SampleTable()
    for (number, text) in zip(numbers, lines) {
      let whole = FileListing.resolve(text, below: root)
      let fields = Self.isFile(whole) ? [text] : Self.fields(text)
      guard (1...2).contains(fields.count) else {
        throw failure(
          number, "expected an image and a mask, found \(fields.count) fields (a name with blanks needs a tab after it)"
        )
      }
      let paths = fields.map { FileListing.resolve($0, below: root) }
      for path in paths { try refuseMissing(path, number) }
      table.append(image: paths[0], mask: paths.count == 2 ? paths[1] : nil)
      note(table.count)
    }
    return Samples(table)
  }

  /// Reads lines that each name a sample in two folders: by the part that the names of image and mask share (`0001` or
  /// `street/0001`), by the image's name, or by its path below `root`.
  /// - Parameter acceptsJPEG: Whether masks may be JPEG files.
  func samples(
    images: NamePattern, masks: NamePattern?, root: String, acceptsJPEG: Bool = false
  ) throws(DataError) -> Samples {
    let extensions = ImageFormat.endings(first: .png, withJPEG: acceptsJPEG)
    var table = SampleTable()
    for (number, text) in zip(numbers, lines) {
      let (image, key) = try find(text, images, root: root, number)
      let mask = try masks.map { masks throws(DataError) in
        let candidates = masks.candidates(for: key, extensions: extensions)
        guard let found = candidates.map({ "\(masks.folder)/\($0)" }).first(where: Self.isFile) else {
          throw failure(number, "'\(text.printable(limit: 200))' has no mask \(masks.folder)/\(candidates[0])")
        }
        return found
      }
      table.append(image: image, mask: mask)
      note(table.count)
    }
    return Samples(table)
  }

  /// Tells those who show the progress that some more lines were looked up.
  private func note(_ count: Int) {
    if count % 1024 == 0 { ListingProgress.note(1024) }
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
      if let key = try images.key(of: below, extensions: FileListing.imageExtensions) { return (path, key) }
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
    return fields.map { String(decoding: $0.utf8.trimmingBlanks, as: UTF8.self) }.filter { !$0.isEmpty }
  }
}

extension BidirectionalCollection<UInt8> where SubSequence: BidirectionalCollection<UInt8> {
  /// The bytes without blanks, tabs and carriage returns at their ends.
  fileprivate var trimmingBlanks: SubSequence {
    var text = self[...]
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    while let first = text.first, isBlank(first) { text = text.dropFirst() }
    while let last = text.last, isBlank(last) { text = text.dropLast() }
    return text
  }
}
