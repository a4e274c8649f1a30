import Foundation

/// A file that can be written for an image that was labelled.
package enum PredictionProduct: String, CaseIterable, Sendable {
  /// The class numbers, as a PNG with a palette.
  case ids
  /// The classes' colors.
  case color
  /// The image with the classes' colors over it.
  case overlay
  /// The probability of each pixel's class, as gray.
  case probability
  /// Cityscapes' label ids, as its evaluation server takes them.
  case cityscapes

  /// Reads names that are separated by commas.
  /// - Throws: `PredictionProductError` for an unknown name, a name that is there twice, no name, and another product
  ///   beside `cityscapes`: the evaluation takes every PNG file for a result.
  package static func list(_ text: String) throws(PredictionProductError) -> [PredictionProduct] {
    var products: [PredictionProduct] = []
    for part in text.split(separator: ",") {
      let name = part.trimmingCharacters(in: .whitespaces)
      guard let product = PredictionProduct(rawValue: name) else {
        throw PredictionProductError("expected \(Self.choice), found \(name)")
      }
      if products.contains(product) { throw PredictionProductError("\(name) is there twice") }
      products.append(product)
    }
    if products.isEmpty { throw PredictionProductError("expected \(Self.choice)") }
    guard products.count == 1 || !products.contains(.cityscapes) else {
      throw PredictionProductError(
        "cityscapes is saved by itself, because Cityscapes' evaluation takes every PNG file in the folder for a result")
    }
    return products
  }

  private static let choice = "ids, color, overlay, probability or cityscapes"
}

/// A list of products that cannot be.
package struct PredictionProductError: Error, CustomStringConvertible, Equatable {
  package let description: String

  init(_ description: String) { self.description = description }
}
