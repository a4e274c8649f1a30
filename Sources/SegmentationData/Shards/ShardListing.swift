import Files
import SegmentationImage

/// Lists the samples of shards: neighbouring members with one key are a sample, as in WebDataset.
struct ShardListing {
  /// The fields of images and masks, in the order in which they are looked for.
  struct Fields: Sendable, Equatable {
    /// `jpg` for `0001.jpg`.
    var images = smallEndings(first: .jpeg)
    /// The fields of masks; nil if the card does not say them, so that samples without masks are allowed.
    var masks: [String]?

    init(_ images: [String]?, masks: [String]?) {
      if let images { self.images = images }
      self.masks = masks
    }

    /// The endings of images' names, in small letters, as fields are compared.
    static func smallEndings(first: ImageFormat, withJPEG: Bool = true) -> [String] {
      ImageFormat.endings(first: first, withJPEG: withJPEG).filter { $0 == $0.lowercased() }
    }
  }

  let shards: [String]
  let fields: Fields
  /// Whether masks may be JPEG files.
  var acceptsJPEG = false
  let cacheFolder: String?

  /// The fields of masks unless the card names others: `seg.png` is what `rtseg data pack` writes.
  private var maskFields: [String] {
    fields.masks
      ?? Fields.smallEndings(first: .png, withJPEG: acceptsJPEG).flatMap { ["seg.\($0)", "mask.\($0)"] }
  }

  func listing() throws(DataError) -> SplitListing {
    var (table, omissions) = (SampleTable(), ListingOmissions())
    var (withMask, withoutMask): (String?, String?) = (nil, nil)
    let open = OpenShards()
    for path in shards {
      let index = try ShardIndex(of: path, cacheFolder: cacheFolder)
      table.begin(ShardFile(path, open))
      var seen = Set<ArraySlice<UInt8>>(minimumCapacity: index.members.count / 2)
      var rest = index.members[...]
      while let first = rest.first {
        let group = rest.prefix { $0.key == first.key }
        rest = rest.dropFirst(group.count)
        if group.allSatisfy(\.isHidden) {
          omissions.add(.hidden, count: group.count)
          continue
        }
        guard seen.insert(first.key).inserted else {
          throw failure(
            path, first, "the key '\(FileName.text(first.key))' is there twice: its members do not follow each other")
        }
        guard let sample = try sample(group, path) else {
          for member in group { omissions.add(Self.kind(member)) }
          continue
        }
        for member in group where member != sample.image && member != sample.mask { omissions.add(Self.kind(member)) }
        let name = "\(path): at byte \(sample.image.offset - TarHeader.size): '\(FileName.text(sample.image.name))'"
        if sample.mask == nil { withoutMask = withoutMask ?? name } else { withMask = withMask ?? name }
        if let withoutMask, withMask != nil || fields.masks != nil {
          throw DataError("\(withoutMask) has no mask beside it (\(maskFields.joined(separator: ", ")))")
        }
        table.append(image: sample.image, mask: sample.mask)
      }
    }
    return SplitListing(samples: Samples(table), omissions: [(shards.first ?? "", omissions)])
  }

  /// The image and the mask of a group of members; nil if it has neither.
  private func sample(
    _ group: ArraySlice<TarMember>, _ path: String
  ) throws(DataError) -> (image: TarMember, mask: TarMember?)? {
    var byField: [String: TarMember] = [:]
    for member in group {
      let field = FileName.text(member.field).lowercased()
      if byField.updateValue(member, forKey: field) != nil {
        throw failure(path, member, "'\(FileName.text(member.name))' is there twice")
      }
    }
    let image = fields.images.compactMap { byField[$0] }.first
    let mask = maskFields.compactMap { byField[$0] }.first
    guard let image else {
      guard let mask else { return nil }
      throw failure(
        path, mask, "'\(FileName.text(mask.name))' has no image beside it (\(fields.images.joined(separator: ", ")))")
    }
    return (image, mask)
  }

  private static func kind(_ member: TarMember) -> ListingOmissions.Kind {
    let fileExtension = ImageListing.fileExtension(of: member.name)
    return ImageListing.fileExtensions.contains(fileExtension) ? .otherImage : .file(fileExtension: fileExtension)
  }

  private func failure(_ path: String, _ member: TarMember, _ reason: String) -> DataError {
    DataError("\(path): at byte \(member.offset - TarHeader.size): \(reason)")
  }
}
