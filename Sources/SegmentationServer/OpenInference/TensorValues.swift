/// The elements of a tensor in JSON: a flat list, or lists in lists, in row-major order.
struct TensorValues: Decodable {
  private(set) var elements: [Double] = []

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    try read(&list, depth: 0)
  }

  private mutating func read(_ list: inout any UnkeyedDecodingContainer, depth: Int) throws {
    guard depth < 8 else {
      throw DecodingError.dataCorruptedError(in: list, debugDescription: "lists are nested too deeply")
    }
    if list.isAtEnd { return }
    // The first element tells whether this is a list of numbers or of lists.
    if var first = try? list.nestedUnkeyedContainer() {
      try read(&first, depth: depth + 1)
      while !list.isAtEnd {
        var next = try list.nestedUnkeyedContainer()
        try read(&next, depth: depth + 1)
      }
    } else {
      while !list.isAtEnd { elements.append(try list.decode(Double.self)) }
    }
  }
}
