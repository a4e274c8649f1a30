/// What there is to say about a network, whatever its variant.
struct NetworkSummary {
  /// The first part of the names of its variants.
  let family: String
  let title: String
  let year: Int
  /// Where the paper is.
  let paper: String
  /// Training heads that it can have.
  var heads: Heads = []
  /// Those it has unless told otherwise.
  var defaultHeads: Heads = []
  /// Heights and widths must be multiples of it.
  var stride = 1
  /// The least height and width.
  var minimumSize = 1

  var sizes: SizeRule { SizeRule(multiple: stride, minimum: minimumSize) }
}
