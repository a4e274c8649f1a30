/// Other names for the parts of a network: what a tensor's name begins with is replaced, at a point.
struct Renaming: Sendable, ExpressibleByArrayLiteral {
  private var names: [String: String] = [:]
  /// Other names for the last part.
  var endings: [String: String] = [:]

  init(_ pairs: [(theirs: String, own: String)]) {
    for (theirs, own) in pairs { names[theirs] = own }
  }

  init(arrayLiteral elements: (theirs: String, own: String)...) { self.init(elements) }

  /// The name here for a name there, by the longest beginning that is known; `nil` for names with none.
  func callAsFunction(_ name: String) -> String? {
    var start = name[...]
    while true {
      if let own = names[String(start)] {
        let rest = name[start.endIndex...]
        guard let point = rest.lastIndex(of: "."), let ending = endings[String(rest[point...].dropFirst())] else {
          return own + rest
        }
        return own + rest[...point] + ending
      }
      guard let point = start.lastIndex(of: ".") else { return nil }
      start = start[..<point]
    }
  }

  /// All of several; of two with one beginning the later one counts.
  init(joining parts: [Renaming]) {
    for part in parts {
      names.merge(part.names) { $1 }
      endings.merge(part.endings) { $1 }
    }
  }

  /// A convolution and its normalization, which have a name each there.
  static func block(
    _ theirs: String, _ own: String, convolution: String = "conv", normalization: String = "bn"
  ) -> Renaming {
    [(theirs: "\(theirs).\(convolution)", own: "\(own).0"), (theirs: "\(theirs).\(normalization)", own: "\(own).1")]
  }
}
