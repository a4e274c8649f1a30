import HTTPTypes
import Hummingbird
import NIOCore

/// A body of the type `multipart/form-data` (RFC 7578).
enum MultipartForm {
  /// The content of the part named `image` or `file`, or of the only part that has a file's name.
  /// - Throws: A `Problem` with status 400.
  static func file(in body: ByteBuffer, contentType: String) throws -> ByteBuffer {
    guard let boundary = boundary(of: contentType) else {
      throw Problem(.badRequest, "multipart/form-data without a boundary of 1 to 70 characters")
    }
    let parts = try parts(of: body, boundary: boundary)
    let named = parts.filter { ["image", "file"].contains($0.name) }
    let files = named.isEmpty ? parts.filter(\.isFile) : named
    guard files.count == 1 else {
      throw Problem(.badRequest, "expected one part named image in multipart/form-data, found \(files.count)")
    }
    return files[0].content
  }

  private struct Part {
    var name = ""
    var isFile = false
    let content: ByteBuffer
  }

  private static func boundary(of contentType: String) -> String? {
    for parameter in contentType.split(separator: ";").dropFirst() {
      let pair = parameter.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, pair[0].trimmed.lowercased() == "boundary" else { continue }
      let value = pair[1].trimmed.unquoted
      return (1...70).contains(value.utf8.count) && value.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? value : nil
    }
    return nil
  }

  /// The parts between the lines with the boundary; at most 16, as a form for one image has fewer.
  private static func parts(of body: ByteBuffer, boundary: String) throws -> [Part] {
    let delimiter = Array("\r\n--\(boundary)".utf8)
    let bytes = body.readableBytesView
    // The first delimiter may stand at the very beginning.
    guard bytes.starts(with: delimiter.dropFirst(2)) else {
      throw Problem(.badRequest, "multipart/form-data does not begin with its boundary")
    }
    var parts: [Part] = []
    var rest = bytes.dropFirst(delimiter.count - 2)
    while true {
      if rest.starts(with: [0x2D, 0x2D]) { return parts }
      guard rest.starts(with: [0x0D, 0x0A]), parts.count < 16, let end = rest.firstPlace(of: delimiter) else {
        throw Problem(.badRequest, "multipart/form-data is cut off or damaged")
      }
      parts.append(try part(body, rest.dropFirst(2)[..<end.lowerBound]))
      rest = rest[end.upperBound...]
    }
  }

  private static func part(_ body: ByteBuffer, _ bytes: ByteBufferView) throws -> Part {
    let blank: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    guard let end = bytes.prefix(8192).firstPlace(of: blank) else {
      throw Problem(.badRequest, "a part of multipart/form-data has no header, or one of more than 8192 bytes")
    }
    let content = body.getSlice(at: end.upperBound, length: bytes.endIndex - end.upperBound)!
    var part = Part(content: content)
    for line in String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n") {
      let field = line.split(separator: ":", maxSplits: 1)
      guard field.count == 2, field[0].lowercased() == "content-disposition" else { continue }
      for parameter in field[1].split(separator: ";").dropFirst() {
        let pair = parameter.split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { continue }
        switch pair[0].trimmed.lowercased() {
        case "name": part.name = pair[1].trimmed.unquoted
        case "filename", "filename*": part.isFile = true
        default: break
        }
      }
    }
    return part
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " }.dropLast(while: { $0 == " " }) }

  fileprivate var unquoted: String {
    count >= 2 && first == "\"" && last == "\"" ? String(dropFirst().dropLast()) : String(self)
  }

  private func dropLast(while isDropped: (Character) -> Bool) -> Substring {
    var result = self
    while let last = result.last, isDropped(last) { result.removeLast() }
    return result
  }
}

extension Collection where Element: Equatable {
  /// The first place of a sequence.
  fileprivate func firstPlace(of other: [Element]) -> Range<Index>? {
    var start = startIndex
    while let found = self[start...].firstIndex(of: other[0]) {
      let candidate = self[found...].prefix(other.count)
      if candidate.elementsEqual(other) { return found..<candidate.endIndex }
      start = index(after: found)
    }
    return nil
  }
}
