/// The key of an option, or of an element of an option that is a list, such as `augmentation.scale_range[0]`.
package struct SearchKey: Sendable, Hashable {
  package let option: String
  package let index: Int?

  /// Fails if there are brackets without a proper index in them.
  package init?(_ text: String) {
    guard let bracket = text.firstIndex(of: "[") else {
      (option, index) = (text, nil)
      return
    }
    let inside = text[bracket...].dropFirst().dropLast()
    guard text.last == "]", !inside.isEmpty, inside.count < 4, inside.utf8.allSatisfy({ (48...57).contains($0) }),
      let index = Int(inside), "\(index)" == inside
    else { return nil }
    option = String(text[..<bracket])
    self.index = index
  }
}
