extension String {
  /// A property's name in snake case: each capital that follows a lower-case letter or a digit becomes `_` and its
  /// lower-case letter.
  ///
  /// `initialBlock` becomes `initial_block`; other capitals stay as they are, as in `conv_A`.
  package var snakeCase: String {
    var name = ""
    var previous: Character = "_"
    for character in self {
      if character.isUppercase, previous.isLowercase || previous.isNumber {
        name += "_" + character.lowercased()
      } else {
        name.append(character)
      }
      previous = character
    }
    return name
  }
}
