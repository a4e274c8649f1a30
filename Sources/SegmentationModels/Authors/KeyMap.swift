import Torch

/// How checkpoints from elsewhere spell a network: those of its authors, or of an earlier version of a library.
struct KeyMap: Sendable {
  /// A description of such a checkpoint for messages.
  let origin: String
  /// Names that all of them hold and others do not, by which they are known.
  let marks: [String]
  /// How the network in them differs from the one here; `nil` if it is the same.
  var difference: Difference?
  /// The name here for a name there, of layers that are alike; `nil` if there are none.
  var names: Renaming?

  /// A layer that shows that two networks are built differently.
  struct Difference: Sendable {
    /// The difference, as a clause.
    let text: String
    /// The name of a tensor there.
    let theirs: String
    /// The name of the tensor in its place here, if there is one.
    var own: String?
    /// The catalogue's name of the network that the checkpoint is of, if it has that too.
    var network: String?
  }

  /// Whether a checkpoint with these names is one of them. Names may have prefixes.
  func matches(_ names: some Collection<String>) -> Bool {
    marks.allSatisfy { mark in names.contains { $0 == mark || $0.hasSuffix(".\(mark)") } }
  }
}

/// A network of which there are checkpoints that spell it otherwise.
protocol ForeignSpellings: SegmentationModel {
  var keyMaps: [KeyMap] { get }
}
