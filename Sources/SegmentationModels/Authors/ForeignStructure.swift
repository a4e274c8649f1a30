/// A checkpoint of a network of the same name that is built differently, in one line.
public struct ForeignStructure: Error, CustomStringConvertible, Sendable, Equatable {
  /// The line.
  public let description: String

  /// - Parameters:
  ///   - file: Where the checkpoint is.
  ///   - network: The name of the network here.
  ///   - theirs, own: The sizes of the tensors that show the difference.
  init(_ map: KeyMap, _ difference: KeyMap.Difference, file: String, network: String, theirs: [Int]?, own: [Int]?) {
    let place = theirs.map { " is \($0)" } ?? ""
    let counterpart =
      difference.own.flatMap { name in own.map { ", '\(name)' here is \($0)" } } ?? ", which has no counterpart here"
    description =
      "\(file): this is \(map.origin), built differently from \(network) here: \(difference.text) "
      + "('\(difference.theirs)'\(place)\(counterpart))"
      + (difference.network.map { "; the network \($0) takes it whole" } ?? "")
      + (map.names == nil ? "" : "; rtseg train --init takes the weights of the layers that are alike")
  }
}
