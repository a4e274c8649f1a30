import Basics
import Files

/// The data sets that are known by name.
extension FolderCard {
  /// The names of the data sets that need no card, sorted.
  public static var names: [String] { (Array(builtIn.keys) + cards.keys).sorted() }

  /// The card of a data set that is known by name, in any case of letters; `nil` for other names.
  /// - Throws: `DataError` if the library's own card is wrong.
  public static func named(_ name: String) throws(DataError) -> FolderCard? {
    let name = name.lowercased()
    if let card = builtIn[name] { return card }
    guard let yaml = cards[name] else { return nil }
    return try FolderCard(yaml: String(decoding: yaml(), as: UTF8.self), path: name, isBuiltIn: true)
  }

  /// The words that help somebody who gave a name that no data set has.
  static func advice(on name: String) -> String {
    let nearest = name.lowercased().nearest(among: names).map { "did you mean '\($0)'? " } ?? ""
    return "\(nearest)The names are \(names.joined(separator: ", "))"
  }

  private static let builtIn = ["cityscapes": cityscapes, "camvid": camVid]

  /// The files of cards that the library holds.
  private static let cards: [String: @Sendable () -> [UInt8]] = [
    "acdc": { PackageResources.acdc_yaml },
    "ade20k": { PackageResources.ade20k_yaml },
    "bdd100k": { PackageResources.bdd100k_yaml },
    "coco-stuff": { PackageResources.coco_stuff_yaml },
    "gta5": { PackageResources.gta5_yaml },
    "idd": { PackageResources.idd_yaml },
    "kitti": { PackageResources.kitti_yaml },
    "kvasir-seg": { PackageResources.kvasir_seg_yaml },
    "loveda": { PackageResources.loveda_yaml },
    "mapillary-1.2": { PackageResources.mapillary_1_2_yaml },
    "mapillary-2.0": { PackageResources.mapillary_2_0_yaml },
    "pascal-context": { PackageResources.pascal_context_yaml },
    "pascal-context-59": { PackageResources.pascal_context_59_yaml },
    "pascal-voc": { PackageResources.pascal_voc_yaml },
    "pascal-voc-aug": { PackageResources.pascal_voc_aug_yaml },
    "potsdam": { PackageResources.potsdam_yaml },
    "potsdam-tiles": { PackageResources.potsdam_tiles_yaml },
    "rellis-3d": { PackageResources.rellis_3d_yaml },
    "rugd": { PackageResources.rugd_yaml },
    "vaihingen": { PackageResources.vaihingen_yaml },
    "vaihingen-tiles": { PackageResources.vaihingen_tiles_yaml },
    "wilddash": { PackageResources.wilddash_yaml },
  ]
}
