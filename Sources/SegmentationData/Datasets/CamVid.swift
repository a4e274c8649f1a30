import SegmentationImage

extension Dataset {
  /// CamVid in SegNet's layout: the folders `train`, `trainannot`, `val`, `valannot`, `test` and `testannot` below
  /// `root`. Images are paired with gray masks by name. There are 11 classes; the raw value 11 is
  /// unlabelled and ignored.
  public static func camVid(root: String) -> Dataset { FolderCard.camVid.dataset(root: root) }
}

extension FolderCard {
  static let camVid = FolderCard(
    builtIn: "camvid", labels: .camVid,
    splits: Dictionary(
      uniqueKeysWithValues: Split.allCases.map { split in
        let folder = split.rawValue
        return (
          split,
          [.folders(images: NamePattern(folder: folder), masks: NamePattern(folder: folder + "annot"))]
        )
      }))
}

extension LabelSet {
  /// CamVid's 11 classes with the raw values 0 to 10; the value 11 is ignored.
  public static let camVid = LabelSet(
    classes: [
      ClassInfo("Sky", RGB(128, 128, 128)),
      ClassInfo("Building", RGB(128, 0, 0)),
      ClassInfo("Pole", RGB(192, 192, 128)),
      ClassInfo("Road", RGB(128, 64, 128)),
      ClassInfo("Pavement", RGB(0, 0, 192)),
      ClassInfo("Tree", RGB(128, 128, 0)),
      ClassInfo("SignSymbol", RGB(192, 128, 128)),
      ClassInfo("Fence", RGB(64, 64, 128)),
      ClassInfo("Car", RGB(64, 0, 128)),
      ClassInfo("Pedestrian", RGB(64, 64, 0)),
      ClassInfo("Bicyclist", RGB(0, 128, 192)),
    ],
    encoding: .values(Dictionary(uniqueKeysWithValues: (UInt8(0)...11).map { (UInt16($0), $0 < 11 ? $0 : ignored) })))
}
