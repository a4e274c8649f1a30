import SegmentationImage

/// Guesses how existing masks are named after images, for messages.
enum NameInference {
  struct Proposal {
    /// The parts of the names beside the part that pairs image and mask; the folders are empty.
    var images: NamePattern
    var masks: NamePattern
    /// The path of a mask that belongs to one of the images.
    var example: String
  }

  /// The patterns that pair most of the images; `nil` if none pairs any.
  static func proposal(for images: [String], masks: [String]) -> Proposal? {
    guard let image = images.first else { return nil }
    let lying = Set(masks)
    var best: (proposal: Proposal, count: Int)?
    for (imagePattern, maskPattern) in guesses(image, masks) {
      var count = 0
      var example = ""
      for path in images.prefix(1000) {
        // Guesses are no regular expressions, whose steps could be too many.
        guard let key = try? imagePattern.key(of: path, extensions: FileListing.imageExtensions),
          let mask = maskPattern.candidates(for: key, extensions: ["png"]).first(where: lying.contains)
        else { continue }
        if count == 0 { example = mask }
        count += 1
      }
      if count > best?.count ?? 0 {
        best = (Proposal(images: imagePattern, masks: maskPattern, example: example), count)
      }
    }
    return best?.proposal
  }

  /// The patterns that follow from the masks whose names share most with an image's, at their start and at their end.
  private static func guesses(_ image: String, _ masks: [String]) -> [(NamePattern, NamePattern)] {
    let name = lastName(image)
    let stem = ImageListing.stemAndExtension(name).stem
    var guesses: [(NamePattern, NamePattern)] = []
    let byStart = masks.map { (mask: lastName($0), count: commonStart(name, lastName($0))) }.max { $0.count < $1.count }
    if let (mask, count) = byStart, count > 0 {
      let rest = String(name.unicodeScalars.dropFirst(count))
      let isWhole = String(name.unicodeScalars.prefix(count)) == stem || rest.hasPrefix(".")
      guesses.append(
        (
          NamePattern(folder: "", suffix: isWhole ? "" : rest),
          NamePattern(folder: "", suffix: String(mask.unicodeScalars.dropFirst(count)))
        ))
    }
    let byEnd = masks.map { path in
      let mask = ImageListing.stemAndExtension(lastName(path)).stem
      return (mask: mask, count: commonStart(String(stem.reversed()), String(mask.reversed())))
    }.max { $0.count < $1.count }
    if let (mask, count) = byEnd, count > 0 {
      guesses.append(
        (
          NamePattern(folder: "", prefix: String(stem.unicodeScalars.dropLast(count))),
          NamePattern(folder: "", prefix: String(mask.unicodeScalars.dropLast(count)))
        ))
    }
    return guesses
  }

  private static func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The number of characters that two names share at the start. Separators between words count to the rest.
  private static func commonStart(_ first: String, _ second: String) -> Int {
    var count = 0
    var shared: [Unicode.Scalar] = []
    for (one, other) in zip(first.unicodeScalars, second.unicodeScalars) {
      guard one == other else { break }
      shared.append(one)
    }
    count = shared.count
    while count > 0, "_-. ".unicodeScalars.contains(shared[count - 1]) { count -= 1 }
    return count
  }
}
