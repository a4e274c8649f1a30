/// A request that the catalogue cannot fulfil.
public enum ArchitectureError: Error, Equatable, CustomStringConvertible {
  /// There is no network of this name.
  case unknown(name: String, suggestion: String?)
  /// The network has no such training heads.
  case unsupportedHeads(name: String, asked: Heads, supported: Heads)

  /// The parts of an encoder–decoder network do not go together.
  case unworkable(obstacle: String, decoder: DecoderKind, encoders: [String])
  /// An encoder–decoder network needs an encoder and a decoder, and no other network does.
  case parts(String)
  /// The network takes images of three channels only.
  case inputChannels(name: String, asked: Int)

  /// The error in one line, with the nearest name or the choices that there are.
  public var description: String {
    switch self {
    case .unknown(let name, let suggestion?):
      "unknown network '\(name)': did you mean '\(suggestion)'? `rtseg models` lists them all"
    case .unknown(let name, nil): "unknown network '\(name)': `rtseg models` lists them all"
    case .unsupportedHeads(let name, let asked, let supported):
      "\(name) has no \(asked) head: it supports \(supported)"
    case .unworkable(let obstacle, let decoder, let encoders):
      "\(obstacle); encoders that work with \(decoder.rawValue): \(encoders.joined(separator: ", "))"
    case .parts(let message): message
    case .inputChannels(let name, let asked):
      "\(name) takes images of 3 channels, not \(asked): encoder–decoder networks (smp-...) take any number"
    }
  }
}

extension Heads: CustomStringConvertible {
  /// The names of the heads, such as "auxiliary, detail"; "none" if there are none.
  public var description: String {
    let names = [(Heads.auxiliary, "auxiliary"), (.detail, "detail")].filter { contains($0.0) }.map(\.1)
    return names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}

/// The candidate that takes the fewest edits to become from `name`; `nil` if most of the name would change.
func nearestName(to name: String, among candidates: [String]) -> String? {
  let nearest = candidates.map { (name: $0, distance: editDistance(name, $0)) }.min { $0.distance < $1.distance }
  guard let nearest, nearest.distance <= max(3, name.count / 2) else { return nil }
  return nearest.name
}

/// The number of characters to insert, delete or replace (Levenshtein). Names of more than 100 bytes count as
/// different throughout, because the time grows with the product of the lengths.
package func editDistance(_ a: String, _ b: String) -> Int {
  let length = max(a.utf8.count, b.utf8.count)
  guard length <= 100 else { return a == b ? 0 : length }
  let target = Array(b)
  var row = Array(0...target.count)
  for (i, character) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in target.indices {
      let replaced = diagonal + (character == target[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[target.count]
}
