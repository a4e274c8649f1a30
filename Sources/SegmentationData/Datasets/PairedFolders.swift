import Files
import SegmentationImage

/// Pairs the images of a folder with masks by name.
struct PairedFolders {
  let images: NamePattern
  /// The names of the masks; `nil` for images without masks.
  let masks: NamePattern?
  var isRecursive = false
  /// Whether masks may be JPEG files.
  var acceptsJPEG = false
  /// A word for the files in messages.
  let what: String
  /// The patterns as a card has them, if there is a card. A message shows them when they do not fit.
  var card: (images: NamePattern, masks: NamePattern?)?

  private var maskExtensions: Set<String> { FileListing.maskExtensions(withJPEG: acceptsJPEG) }

  func listing() throws(DataError) -> SplitListing {
    let listed = try FileListing.images(
      in: images.folder, isRecursive: isRecursive, expected: expected("images"))
    var omissions = listed.omissions
    guard let masks else {
      let found = keys(of: listed.images, images, FileListing.imageExtensions, &omissions)
      return SplitListing(
        samples: found.map { Sample(image: "\(images.folder)/\($0.path)", mask: nil) },
        omissions: [(images.folder, omissions)])
    }
    let isShared =
      FileSystem.identity(of: images.folder) == FileSystem.identity(of: masks.folder)
      && FileSystem.exists(images.folder)
    let candidates = listed.images.filter { !isMask($0, masks, isShared: isShared) }
    let found = keys(of: candidates, images, FileListing.imageExtensions, &omissions)
    if isShared, found.isEmpty, !listed.images.isEmpty, images.fixedLength == masks.fixedLength {
      throw DataError(
        "\(images.folder): images and masks of \(what) cannot be told apart in one folder; "
          + "name what masks end with, such as masks: {folder: \(card?.masks?.folder ?? masks.folder), "
          + "suffix: _mask.png}")
    }
    var maskOmissions = ListingOmissions()
    let all: [String]
    if isShared {
      all = listed.images.filter { isMask($0, masks, isShared: true) }
    } else {
      let listing = try FileListing.images(
        in: masks.folder, isRecursive: isRecursive, expected: expected("masks"))
      (all, maskOmissions) = (listing.images, listing.omissions)
    }
    var byKey = try byKey(masks, keys(of: all, masks, maskExtensions, &maskOmissions))
    var samples: [Sample] = []
    var unmatched: [String] = []
    var used: Set<String> = []
    for (path, key) in found {
      guard let mask = byKey[key] else {
        unmatched.append(path)
        continue
      }
      used.insert(key)
      samples.append(Sample(image: "\(images.folder)/\(path)", mask: "\(masks.folder)/\(mask)"))
    }
    guard unmatched.isEmpty else {
      throw DataError(mismatch(of: unmatched, among: found.map(\.path), masks: masks, lying: all))
    }
    for key in used { byKey[key] = nil }
    maskOmissions.add(.unusedMask, count: byKey.count)
    if isShared {
      omissions += maskOmissions
      return SplitListing(samples: samples, omissions: [(images.folder, omissions)])
    }
    return SplitListing(samples: samples, omissions: [(images.folder, omissions), (masks.folder, maskOmissions)])
  }

  private func expected(_ files: String) -> String {
    "the \(files) of \(what)" + (card == nil ? "" : "; its paths begin at its root, or at --data-root if that is given")
  }

  /// The files that match a pattern, with their keys. All others are counted as omissions, unless an expression left
  /// them out on purpose.
  private func keys(
    of paths: [String], _ pattern: NamePattern, _ extensions: Set<String>, _ omissions: inout ListingOmissions
  ) -> [(path: String, key: String)] {
    var found: [(path: String, key: String)] = []
    for path in paths {
      if let key = pattern.key(of: path, extensions: extensions) {
        found.append((path, key))
      } else if pattern.expression == nil {
        omissions.add(.otherImage)
      }
    }
    return found
  }

  private func byKey(
    _ masks: NamePattern, _ found: [(path: String, key: String)]
  ) throws(DataError) -> [String: String] {
    var byKey: [String: String] = [:]
    for (path, key) in found {
      if let other = byKey.updateValue(path, forKey: key) {
        throw DataError("\(masks.folder): two masks for one image of \(what): \(other) and \(path)")
      }
    }
    return byKey
  }

  /// Whether a file in the images' folder is a mask. If images and masks share a folder, a file that fits both patterns
  /// belongs to the one that fixes more of the name. Masks in a folder below the images' folder are no images.
  private func isMask(_ path: String, _ masks: NamePattern, isShared: Bool) -> Bool {
    if isShared {
      guard masks.key(of: path, extensions: maskExtensions) != nil else { return false }
      return images.key(of: path, extensions: FileListing.imageExtensions) == nil
        || masks.fixedLength >= images.fixedLength
    }
    return isRecursive && "\(images.folder)/\(path)".hasPrefix(masks.folder + "/")
  }

  // MARK: Masks that are not found

  private func mismatch(of unmatched: [String], among paths: [String], masks: NamePattern, lying: [String]) -> String {
    let count = "\(unmatched.count) of \(paths.count) images of \(what) have no mask in \(masks.folder)"
    let first = "the first is \(images.folder)/\(unmatched[0])"
    guard !lying.isEmpty else { return "\(count), which has no image; \(first)" }
    let isUsual = masks.suffix.isEmpty && masks.prefix.isEmpty && masks.expression == nil
    if isUsual,
      let jpeg = lying.first(where: {
        FileListing.imageExtensions.subtracting(maskExtensions).contains(
          ImageListing.stemAndExtension($0).fileExtension)
          && ImageListing.stemAndExtension($0).stem == ImageListing.stemAndExtension(unmatched[0]).stem
      })
    {
      return "\(count); \(first); \(masks.folder)/\(jpeg) is a JPEG, which changes the values of masks: make PNG masks"
    }
    guard images.expression == nil, masks.expression == nil,
      let proposal = NameInference.proposal(for: unmatched, masks: lying)
    else {
      return "\(count) with \(isUsual ? "its name" : "the name that the card asks for"); \(first); "
        + "\(masks.folder)/\(lying[0]) lies there"
    }
    let example = "\(masks.folder)/\(proposal.example) lies there"
    guard let card, let cardMasks = card.masks else { return "\(count); \(first); \(example)" }
    var keys: [String] = []
    if !proposal.images.prefix.isEmpty || !proposal.images.suffix.isEmpty {
      keys.append("images: \(proposal.images.inFolder(card.images.folder).yaml)")
    }
    keys.append("masks: \(proposal.masks.inFolder(cardMasks.folder).yaml)")
    return "\(count); \(first); \(example): say `\(keys.joined(separator: ", "))` in the card"
  }
}
