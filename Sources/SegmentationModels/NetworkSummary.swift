/// The facts about a network that hold for all its variants.
struct NetworkSummary {
  /// The first part of the names of its variants.
  let family: String
  let title: String
  let year: Int
  /// The address of the paper.
  let paper: String
  /// The training heads that the network can have.
  var heads: Heads = []
  /// The training heads that it has by default.
  var defaultHeads: Heads = []
  /// A number of which heights and widths must be multiples.
  var stride = 1
  /// The least height and width.
  var minimumSize = 1

  var sizes: SizeRule { SizeRule(multiple: stride, minimum: minimumSize) }
}
