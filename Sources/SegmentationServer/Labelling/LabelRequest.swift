import HTTPTypes
import Hummingbird
import SegmentationImage

/// The wishes of a client that sends an image, checked.
struct LabelRequest: Sendable {
  let model: ModelDescription
  let format: AnswerFormat
  /// How strongly the colors cover the image in an overlay, from 0 to 1.
  var alpha = 0.3
  /// The class whose probability is wanted; `nil` unless the format is `score`.
  var channel: Int?

  /// - Throws: A `Problem` with status 400 or 406.
  init(_ request: Request, _ model: ModelDescription) throws {
    var parameters: [String: String] = [:]
    for (key, value) in request.uri.queryParameters {
      guard ["format", "alpha", "class"].contains(key) else {
        throw Problem(.badRequest, "unknown parameter \(key); expected format, alpha or class")
      }
      guard parameters.updateValue(String(value), forKey: String(key)) == nil else {
        throw Problem(.badRequest, "the parameter \(key) is there twice")
      }
    }
    self.model = model
    format = try AnswerFormat.wanted(parameter: parameters["format"], accept: request.headers[.accept])
    if let text = parameters["alpha"] {
      guard format == .overlay || format == .jpeg else {
        throw Problem(.badRequest, "alpha is for overlays: add format=overlay")
      }
      guard let value = Double(text), (0...1).contains(value) else {
        throw Problem(.badRequest, "alpha: expected a number from 0 to 1, found \(text)")
      }
      alpha = value
    }
    let channel = parameters["class"]
    if format == .score {
      guard let channel else {
        throw Problem(.badRequest, "format=score needs the name or the number of a class as the parameter class")
      }
      self.channel = try Self.channel(channel, model)
    } else if channel != nil {
      throw Problem(.badRequest, "class is for scores: add format=score")
    }
  }

  private static func channel(_ text: String, _ model: ModelDescription) throws -> Int {
    if let index = model.classNames.firstIndex(of: text) { return index }
    let count = model.classNames.isEmpty ? 256 : model.classNames.count
    guard let number = Int(text), (0..<count).contains(number) else {
      throw Problem(
        .badRequest, "class: expected a name or a number from 0 to \(count - 1), found \(text)")
    }
    return number
  }
}
