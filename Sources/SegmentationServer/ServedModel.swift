import SegmentationImage
import SegmentationInference

/// A network that a server offers under a name.
public struct ServedModel {
  /// The name in addresses: letters, digits, `.`, `_` and `-`.
  public let name: String
  /// Makes a predictor of the network; each context gets one of its own.
  let makePredictor: () throws -> Predictor

  /// - Throws: `ServerError` for a name that cannot stand in an address.
  public init(name: String, makePredictor: @escaping () throws -> Predictor) throws(ServerError) {
    func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || "._-".unicodeScalars.contains(scalar)
    }
    guard (1...128).contains(name.utf8.count), name.unicodeScalars.allSatisfy(isAllowed), name.first != "." else {
      throw ServerError(
        "\(name.printable()): a network's name in addresses has letters, digits, '.', '_' and '-'; give one as NAME=FILE"
      )
    }
    (self.name, self.makePredictor) = (name, makePredictor)
  }
}

/// The facts about a network that its clients may ask for.
struct ModelDescription: Sendable {
  let name: String
  /// The name of the network in the catalogue; empty if it is not known.
  let network: String
  let precision: String
  /// The sizes that the network was compiled for; empty if it takes any size.
  let sizes: [ImageSize]
  /// The classes' names; empty if nothing tells them.
  let classNames: [String]
  let palette: Palette
  let normalization: Normalization

  init(name: String, _ predictor: Predictor) {
    self.name = name
    network = predictor.network
    precision = predictor.precision.rawValue
    sizes = predictor.sizes
    classNames = predictor.classNames
    palette = predictor.palette
    normalization = predictor.normalization
  }

  /// The name of a class; a number if nothing tells the name.
  func className(_ id: Int) -> String { id < classNames.count ? classNames[id] : "class \(id)" }

  func color(_ id: Int) -> [Int] {
    let color = palette[UInt8(id)]
    return [Int(color.red), Int(color.green), Int(color.blue)]
  }
}
