import Files
import SegmentationImage

extension Dataset {
  /// Cityscapes in its own layout below `root`: images `leftImg8bit/{train,val,test}/<city>/*_leftImg8bit.png` (or
  /// .jpg) and masks `gtFine/{train,val,test}/<city>/*_gtFine_labelIds.png`, whose ids become the 19 training ids. If
  /// those masks are absent, `*_gtFine_labelTrainIds.png` are used. Images in `test` may lack masks.
  public static func cityscapes(root: String) -> Dataset {
    let usesTrainIds = cityscapesUsesTrainIds(root)
    let suffix = usesTrainIds ? "_gtFine_labelTrainIds.png" : "_gtFine_labelIds.png"
    return Dataset(
      name: "cityscapes", root: root, labels: usesTrainIds ? .cityscapesTrainIds : .cityscapes
    ) { split throws(DataError) -> SplitListing in
      let images = "\(try Self.requiredRoot(root))/leftImg8bit/\(split.rawValue)"
      let masks = "\(root)/gtFine/\(split.rawValue)"
      let expected =
        "Cityscapes' layout leftImg8bit/\(split.rawValue)/<city>/*_leftImg8bit.png (--data-root gives its folder)"
      let listed = try FileListing.images(in: images, isRecursive: true, expected: expected)
      var omissions = listed.omissions
      var samples: [Sample] = []
      var unmatched: [String] = []
      let pattern = NamePattern(folder: images, suffix: "_leftImg8bit")
      for path in listed.images {
        guard let key = try pattern.key(of: path, extensions: FileListing.imageExtensions), key.contains("/") else {
          omissions.add(.otherImage)
          continue
        }
        let mask = "\(masks)/\(key)\(suffix)"
        let isThere = FileSystem.kind(of: mask) == .file
        if !isThere { unmatched.append("\(images)/\(path)") }
        samples.append(Sample(image: "\(images)/\(path)", mask: isThere ? mask : nil))
      }
      guard unmatched.isEmpty || split == .test else {
        throw DataError(
          "\(unmatched.count) of \(samples.count) images have no mask <name>\(suffix) in \(masks); "
            + "the first is \(unmatched[0])")
      }
      return SplitListing(samples: Samples(samples), omissions: [(images, omissions)])
    }
  }

  /// Whether the first city with masks has only masks of training ids.
  private static func cityscapesUsesTrainIds(_ root: String) -> Bool {
    for split in ["train", "val"] {
      let folder = "\(root)/gtFine/\(split)"
      for city in (try? FileListing.names(in: folder, expected: "")) ?? [] {
        let names = (try? FileListing.names(in: "\(folder)/\(city)", expected: "")) ?? []
        if names.contains(where: { $0.hasSuffix("_gtFine_labelIds.png") }) { return false }
        if names.contains(where: { $0.hasSuffix("_gtFine_labelTrainIds.png") }) { return true }
      }
    }
    return false
  }
}

extension FolderCard {
  /// The layout with raw ids, for cards that have it as their base.
  static let cityscapes = FolderCard(
    builtIn: "cityscapes", labels: .cityscapes,
    splits: Dictionary(
      uniqueKeysWithValues: Split.allCases.map { split in
        let images = NamePattern(folder: "leftImg8bit/\(split.rawValue)", suffix: "_leftImg8bit")
        let masks = NamePattern(folder: "gtFine/\(split.rawValue)", suffix: "_gtFine_labelIds.png")
        return (split, [.folders(images: images, masks: split == .test ? nil : masks, isRecursive: true)])
      }))
}

extension LabelSet {
  /// The raw ids of the 19 training classes, in the order of training ids.
  private static let cityscapesIds: [UInt16] = [
    7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
  ]

  /// Cityscapes' 19 training classes in masks with raw ids 0 to 33. All other ids, and 255 (-1, licence plates), are
  /// ignored.
  public static let cityscapes: LabelSet = {
    var map: [UInt16: UInt8] = [255: ignored]
    for id in UInt16(0)...33 { map[id] = ignored }
    for (index, id) in cityscapesIds.enumerated() { map[id] = UInt8(index) }
    return LabelSet(classes: cityscapesClasses, encoding: .values(map))
  }()

  /// The same classes in masks with training ids 0 to 18; 255 is ignored.
  public static let cityscapesTrainIds: LabelSet = {
    var map: [UInt16: UInt8] = [255: ignored]
    for id in UInt8(0)..<19 { map[UInt16(id)] = id }
    return LabelSet(classes: cityscapesClasses, encoding: .values(map))
  }()

  private static let cityscapesClasses = [
    ClassInfo("road", RGB(128, 64, 128)),
    ClassInfo("sidewalk", RGB(244, 35, 232)),
    ClassInfo("building", RGB(70, 70, 70)),
    ClassInfo("wall", RGB(102, 102, 156)),
    ClassInfo("fence", RGB(190, 153, 153)),
    ClassInfo("pole", RGB(153, 153, 153)),
    ClassInfo("traffic light", RGB(250, 170, 30)),
    ClassInfo("traffic sign", RGB(220, 220, 0)),
    ClassInfo("vegetation", RGB(107, 142, 35)),
    ClassInfo("terrain", RGB(152, 251, 152)),
    ClassInfo("sky", RGB(70, 130, 180)),
    ClassInfo("person", RGB(220, 20, 60)),
    ClassInfo("rider", RGB(255, 0, 0)),
    ClassInfo("car", RGB(0, 0, 142)),
    ClassInfo("truck", RGB(0, 0, 70)),
    ClassInfo("bus", RGB(0, 60, 100)),
    ClassInfo("train", RGB(0, 80, 100)),
    ClassInfo("motorcycle", RGB(0, 0, 230)),
    ClassInfo("bicycle", RGB(119, 11, 32)),
  ]
}
