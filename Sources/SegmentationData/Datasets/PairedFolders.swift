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

  /// The most masks whose names are looked at for a proposal.
  private static let namesForRule = 100_000

  private var maskExtensions: Set<String> { FileListing.maskExtensions(withJPEG: acceptsJPEG) }

  func listing() throws(DataError) -> SplitListing {
    let listed = try FileListing.images(
      in: images.folder, isRecursive: isRecursive, expected: expected("images"))
    let imageNames = NameMatcher(images, extensions: FileListing.imageExtensions)
    guard let masks else { return try listing(of: listed, imageNames) }
    let maskNames = NameMatcher(masks, extensions: maskExtensions)
    let isShared =
      FileSystem.identity(of: images.folder) == FileSystem.identity(of: masks.folder)
      && FileSystem.exists(images.folder)
    var omissions = listed.omissions
    var maskOmissions = ListingOmissions()
    var lying = NameTable()
    if isShared {
      var hasImages = false
      for place in listed.images.indices {
        try listed.images.withBytes(of: place) { path throws(DataError) in
          if try isSharedMask(path, maskNames, imageNames, masks) {
            lying.append(path)
          } else if !hasImages {
            hasImages = try imageNames.matches(path)
          }
        }
      }
      if !hasImages, !listed.images.isEmpty, images.fixedLength == masks.fixedLength {
        throw DataError(
          "\(images.folder): images and masks of \(what) cannot be told apart in one folder; "
            + "name what masks end with, such as masks: {folder: \(card?.masks?.folder ?? masks.folder), "
            + "suffix: _mask.png}")
      }
    } else {
      let listing = try FileListing.images(
        in: masks.folder, isRecursive: isRecursive, expected: expected("masks"))
      (lying, maskOmissions) = (listing.images, listing.omissions)
    }
    let paired = try PairedMasks(lying, maskNames) { first, second throws(DataError) in
      throw DataError("\(masks.folder): two masks for one image of \(what): \(first) and \(second)")
    }
    if masks.expression == nil { maskOmissions.add(.otherImage, count: lying.count - paired.count) }
    let maskPrefix = masksBelowImages(masks)
    func isBelow(_ path: UnsafeBufferPointer<UInt8>) -> Bool { maskPrefix.map { path.starts(with: $0) } ?? false }
    var table = SampleTable()
    var (count, unmatched, isUsed) = (0, NameTable(), [Bool](repeating: false, count: paired.count))
    let (imageFolder, maskFolder) = (FileName.bytes(images.folder + "/"), FileName.bytes(masks.folder + "/"))
    for place in listed.images.indices {
      try listed.images.withBytes(of: place) { path throws(DataError) in
        if try isShared ? isSharedMask(path, maskNames, imageNames, masks) : isBelow(path) { return }
        guard let key = try imageNames.key(of: path) else {
          if images.expression == nil { omissions.add(.otherImage) }
          return
        }
        count += 1
        guard let mask = paired.place(of: key) else { return unmatched.append(path) }
        isUsed[mask] = true
        paired.withPath(of: mask) { table.append(image: (imageFolder, path), mask: (maskFolder, $0)) }
      }
    }
    guard unmatched.isEmpty else {
      throw DataError(mismatch(of: unmatched, among: count, masks: masks, lying: lying))
    }
    maskOmissions.add(.unusedMask, count: isUsed.count { !$0 })
    if isShared {
      omissions += maskOmissions
      return SplitListing(samples: Samples(table), omissions: [(images.folder, omissions)])
    }
    return SplitListing(
      samples: Samples(table), omissions: [(images.folder, omissions), (masks.folder, maskOmissions)])
  }

  /// The images of a split without masks.
  private func listing(of listed: ImageListing, _ names: NameMatcher) throws(DataError) -> SplitListing {
    var (table, omissions) = (SampleTable(), listed.omissions)
    let folder = FileName.bytes(images.folder + "/")
    for place in listed.images.indices {
      try listed.images.withBytes(of: place) { path throws(DataError) in
        if try names.matches(path) {
          table.append(image: (folder, path), mask: nil)
        } else if images.expression == nil {
          omissions.add(.otherImage)
        }
      }
    }
    return SplitListing(samples: Samples(table), omissions: [(images.folder, omissions)])
  }

  private func expected(_ files: String) -> String {
    "the \(files) of \(what)" + (card == nil ? "" : "; its paths begin at its root, or at --data-root if that is given")
  }

  /// Whether a file in the folder of both images and masks is a mask. A file that fits both patterns belongs to the one
  /// that fixes more of the name.
  private func isSharedMask(
    _ path: UnsafeBufferPointer<UInt8>, _ maskNames: NameMatcher, _ imageNames: NameMatcher, _ masks: NamePattern
  ) throws(DataError) -> Bool {
    guard try maskNames.matches(path) else { return false }
    if masks.fixedLength >= images.fixedLength { return true }
    return try !imageNames.matches(path)
  }

  /// The beginning of the paths of masks that lie in a folder below the images' folder, and are no images; nil if they do
  /// not.
  private func masksBelowImages(_ masks: NamePattern) -> [UInt8]? {
    guard isRecursive, masks.folder.hasPrefix(images.folder + "/") else { return nil }
    return FileName.bytes("\(masks.folder.dropFirst(images.folder.count + 1))/")
  }

  // MARK: Masks that are not found

  private func mismatch(of unmatched: NameTable, among images: Int, masks: NamePattern, lying: NameTable) -> String {
    let count = "\(unmatched.count) of \(images) images of \(what) have no mask in \(masks.folder)"
    let first = "the first is \(self.images.folder)/\(unmatched[0])"
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
    // Some names tell the rule as well as millions.
    guard self.images.expression == nil, masks.expression == nil,
      let proposal = NameInference.proposal(
        for: Array(unmatched.prefix(1000)), masks: Array(lying.prefix(Self.namesForRule)))
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
