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
  /// The network does not take images of so many channels.
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
      "\(name) does not take images of \(asked) channels: encoder–decoder networks (smp-...) take any number"
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
