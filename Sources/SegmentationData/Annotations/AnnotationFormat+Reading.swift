import Files

extension AnnotationFormat {
  /// Reads the classes, and what there is about each image, by the rules of the format. Labels are drawn later.
  /// - Parameters:
  ///   - path: The folder or file, without a `/` at its end.
  ///   - options: How annotations become masks.
  ///   - findings: Takes what is wrong with single files and shapes.
  func read(_ path: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    switch self {
    case .labelMe: try LabelMe.read(path, options, findings)
    case .cvat: try CVAT.read(path, options, findings)
    case .cvatXML: try CVATImages.read(path, options, findings)
    case .coco: try COCO.read(path, options, findings)
    case .cocoPanoptic: try COCOPanoptic.read(path, options, findings)
    case .labelStudio: try LabelStudio.read(path, options, findings)
    case .voc: try PascalVOC.read(path, options, findings)
    case .yolo: try YOLO.read(path, options, findings)
    case .roboflow: try Roboflow.read(path, options, findings)
    case .supervisely: try Supervisely.read(path, options, findings)
    case .cityscapes: try CityscapesPolygons.read(path, options, findings)
    }
  }

  /// - Throws: `DataError` if nothing is at a path.
  func requireSource(_ path: String) throws(DataError) {
    guard FileSystem.exists(path) else {
      throw DataError(
        "\(path): no such file or folder\(FileListing.place(of: path)); expected \(expectation)")
    }
  }

  /// A path without a `/` at its end.
  static func trimmed(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
