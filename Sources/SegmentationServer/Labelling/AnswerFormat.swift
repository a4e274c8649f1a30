import Foundation
import HTTPTypes
import Hummingbird

/// A form in which a client gets the labels of an image.
enum AnswerFormat: String, CaseIterable, Sendable {
  /// The class numbers, as a PNG with the classes' colors as its palette.
  case mask
  /// The class numbers, as a gray PNG.
  case ids
  /// The image with the classes' colors over it, as PNG.
  case overlay
  /// The same as JPEG.
  case jpeg = "overlay-jpeg"
  /// The masks of all classes as run lengths, in JSON.
  case json
  /// The probability of one class at each pixel, as a gray PNG, 255 for certainty.
  case score
  /// The probabilities of all classes, float32 [1, classes, height, width], as a numpy file.
  case npy

  var contentType: String {
    switch self {
    case .mask, .ids, .overlay, .score: "image/png"
    case .jpeg: "image/jpeg"
    case .json: "application/json"
    case .npy: "application/x-npy"
    }
  }

  /// The formats that `Accept` can ask for, the preferred one first.
  private static let negotiable: [AnswerFormat] = [.mask, .json, .jpeg, .npy]

  /// The format that a client wants: that of the parameter, or the best one for `Accept`.
  /// - Throws: A `Problem` with status 400 or 406.
  static func wanted(parameter: String?, accept: String?) throws -> AnswerFormat {
    if let parameter {
      guard let format = AnswerFormat(rawValue: parameter) else {
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        throw Problem(.badRequest, "format: expected \(names), found \(parameter)")
      }
      return format
    }
    guard let accept else { return .mask }
    let ranges = accept.split(separator: ",").prefix(32).map(MediaRange.init)
    func quality(_ format: AnswerFormat) -> Double {
      ranges.filter { $0.matches(format.contentType) }.max { $0.precision < $1.precision }?.quality ?? 0
    }
    let best = negotiable.map { ($0, quality($0)) }.reduce((AnswerFormat.mask, 0.0)) { $1.1 > $0.1 ? $1 : $0 }
    guard best.1 > 0 else {
      let types = negotiable.map(\.contentType).joined(separator: ", ")
      throw Problem(.notAcceptable, "Accept: expected one of \(types), or */*")
    }
    return best.0
  }
}

/// A part of the header `Accept`, such as `image/*;q=0.8`.
private struct MediaRange {
  let type: String
  var quality = 1.0

  init(_ text: Substring) {
    let parts = text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    type = parts.first ?? ""
    for part in parts.dropFirst() where part.hasPrefix("q=") { quality = Double(part.dropFirst(2)) ?? 0 }
  }

  /// How exactly it names types.
  var precision: Int { type == "*/*" ? 0 : type.hasSuffix("/*") ? 1 : 2 }

  func matches(_ other: String) -> Bool {
    type == "*/*" || type == other || type.hasSuffix("/*") && other.hasPrefix(type.dropLast())
  }
}
