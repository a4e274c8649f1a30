extension String {
  /// The number of characters to insert, delete or replace (Levenshtein) until the other text is reached.
  ///
  /// Texts of more than 100 bytes count as different throughout, because the time grows with the product of the
  /// lengths.
  package func editDistance(to other: String) -> Int {
    let length = Swift.max(utf8.count, other.utf8.count)
    guard length <= 100 else { return self == other ? 0 : length }
    let target = Array(other)
    var row = Array(0...target.count)
    for (i, character) in enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in target.indices {
        let replaced = diagonal + (character == target[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = Swift.min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[target.count]
  }

  /// The candidate that the fewest edits turn this text into; nil if that would change most of the text.
  package func nearest(among candidates: some Sequence<String>) -> String? {
    let nearest = candidates.map { (name: $0, distance: editDistance(to: $0)) }.min { $0.distance < $1.distance }
    guard let nearest, nearest.distance <= Swift.max(3, count / 2) else { return nil }
    return nearest.name
  }
}
