import Files
import Foundation
import SegmentationImage

/// COCO's instances: one JSON file for each split.
struct COCO {
  private struct File: Decodable {
    struct Image: Decodable {
      let id: Int
      let file_name: String
      let height: Int
      let width: Int
    }
    struct Category: Decodable {
      let id: Int
      let name: String
    }
    struct Annotation: Decodable {
      let id: Int?
      let image_id: Int
      let category_id: Int
      let area: Double?
      let iscrowd: Int?
      let segmentation: Segmentation?
    }
    let images: [Image]
    let annotations: [Annotation]
    let categories: [Category]
  }

  /// Polygons, or run lengths as numbers or as a text.
  private enum Segmentation: Decodable {
    case polygons([[Double]])
    case runs(COCORunLengths, height: Int, width: Int)
    case invalid(String)

    private struct Runs: Decodable {
      enum Counts: Decodable {
        case numbers([Int])
        case text(String)

        init(from decoder: any Decoder) throws {
          let value = try decoder.singleValueContainer()
          if let text = try? value.decode(String.self) {
            self = .text(text)
          } else {
            self = .numbers(try value.decode([Int].self))
          }
        }
      }
      let size: [Int]
      let counts: Counts
    }

    init(from decoder: any Decoder) throws {
      if let polygons = try? [[Double]](from: decoder) {
        self = .polygons(polygons)
      } else if let runs = try? Runs(from: decoder), runs.size.count == 2 {
        let lengths: COCORunLengths? =
          switch runs.counts {
          case .numbers(let counts): COCORunLengths(counts: counts)
          case .text(let text): COCORunLengths(compressed: text)
          }
        if let lengths {
          self = .runs(lengths, height: runs.size[0], width: runs.size[1])
        } else {
          self = .invalid("its compressed run lengths are damaged")
        }
      } else {
        self = .invalid("its segmentation is neither a list of polygons nor run lengths with a size")
      }
    }
  }

  static func read(_ path: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let files = try splits(of: path, options)
    let decoded = try files.map { (place: $0, file: try JSONFile.decode(File.self, $0.json)) }
    var names: [Int: String] = [:]
    for (place, file) in decoded {
      for category in file.categories {
        if let other = names.updateValue(category.name, forKey: category.id), other != category.name {
          throw DataError(
            "\(place.json): category \(category.id) is '\(category.name)', in another split it is '\(other)'")
        }
      }
    }
    let used = Set(decoded.flatMap { $0.file.annotations.map(\.category_id) })
    var table = ClassTable()
    let background = try table.background(options.background, usual: "background")
    // Ids may have gaps; the classes follow each other in the order of ids. Roboflow's exports begin with a category
    // that no annotation has, the group of the others.
    let wanted = names.filter { id, _ in !(id == 0 && !used.contains(0) && files.contains { $0.isRoboflow }) }
    for name in options.classes ?? wanted.sorted(by: { $0.key < $1.key }).map(\.value) { try table.add(name) }
    var images: [AnnotatedImage] = []
    for (place, file) in decoded {
      images += try read(file, place, path, names, table, background, findings)
    }
    return AnnotatedSet(classes: table.classes, background: background, images: images)
  }

  private static func read(
    _ file: File, _ place: Place, _ root: String, _ names: [Int: String], _ table: ClassTable, _ background: UInt8?,
    _ findings: AnnotationFindings
  ) throws -> [AnnotatedImage] {
    var annotations: [Int: [File.Annotation]] = [:]
    var ids: Set<Int> = []
    let listed = Set(file.images.map(\.id))
    for annotation in file.annotations {
      if let id = annotation.id, !ids.insert(id).inserted {
        findings.add(.duplicate, "\(place.json): annotation \(id)", "another one has the same number; both are drawn")
      }
      guard listed.contains(annotation.image_id) else {
        findings.add(
          .unknownImage, "\(place.json): annotation \(annotation.id ?? -1)",
          "no image has the number \(annotation.image_id)")
        continue
      }
      annotations[annotation.image_id, default: []].append(annotation)
    }
    var images: [AnnotatedImage] = []
    var seen: Set<Int> = []
    for image in file.images {
      guard seen.insert(image.id).inserted else {
        findings.add(.duplicate, "\(place.json): image \(image.id)", "another one has the same number; it is left out")
        continue
      }
      guard (1...65535).contains(image.height), (1...65535).contains(image.width) else {
        findings.add(.otherSize, "\(place.json): image \(image.id)", "its size is \(image.height)x\(image.width)")
        continue
      }
      guard
        let found = place.imageFolders.lazy.compactMap({ FileTree.file(image.file_name, in: $0, root: place.root) })
          .first
      else {
        findings.add(
          .missingImage, "\(place.json): image \(image.id)",
          "'\(image.file_name)' is in none of \(place.imageFolders.joined(separator: ", "))")
        continue
      }
      // Smaller things lie on larger ones.
      let own = annotations[image.id, default: []].enumerated().sorted {
        let (a, b) = ($0.element.area ?? 0, $1.element.area ?? 0)
        return a == b ? $0.offset < $1.offset : a > b
      }.map(\.element)
      images.append(
        AnnotatedImage(split: place.split, path: found, name: image.file_name, sources: [place.json]) {
          size, findings in
          guard (size.height, size.width) == (image.height, image.width) else {
            throw DataError(
              "\(place.json): image \(image.id): the annotations are for \(image.height)x\(image.width), \(found) has \(size)"
            )
          }
          var canvas = LabelCanvas(size: size, background: background)
          // Crowds go below single things.
          for annotation in own.filter({ $0.iscrowd == 1 }) + own.filter({ $0.iscrowd != 1 }) {
            draw(annotation, on: &canvas, place.json, names, table, findings)
          }
          return canvas.mask
        })
    }
    return images
  }

  private static func draw(
    _ annotation: File.Annotation, on canvas: inout LabelCanvas, _ json: String, _ names: [Int: String],
    _ table: ClassTable, _ findings: AnnotationFindings
  ) {
    let place = "\(json): annotation \(annotation.id.map(String.init) ?? "without a number")"
    guard let name = names[annotation.category_id], let label = table[name] else {
      return findings.add(.unknownLabel, place, "category \(annotation.category_id) is left out")
    }
    let size = canvas.mask.size
    switch annotation.segmentation {
    case nil: findings.add(.kind, place, "it has no segmentation")
    case .invalid(let reason): findings.add(.unreadable, place, reason)
    case .polygons(let polygons):
      for numbers in polygons {
        guard numbers.count % 2 == 0, numbers.allSatisfy(CodedPoint.range.contains) else {
          findings.add(.unreadable, place, "a polygon has an odd count of numbers, or some that lie far away")
          continue
        }
        let ring = stride(from: 0, to: numbers.count, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
        canvas.draw(Shape(label: label, geometry: .polygons([ring])), by: .coco, place: place, findings)
      }
    case .runs(let runs, let height, let width):
      guard (height, width) == (size.height, size.width), let bitmap = runs.bitmap(width: width, height: height) else {
        return findings.add(.otherSize, place, "its run lengths are not those of \(size.height)x\(size.width) pixels")
      }
      canvas.draw(Shape(label: label, geometry: .bitmap(bitmap)), by: .coco, place: place, findings)
    }
  }

  // MARK: Files

  private struct Place {
    let split: Split
    let json: String
    let imageFolders: [String]
    /// The folder that images must lie in; nil if they may lie anywhere.
    let root: String?
    var isRoboflow = false
  }

  private static func splits(of path: String, _ options: ImportOptions) throws -> [Place] {
    if FileSystem.kind(of: path) == .file {
      let folder = FileSystem.folder(of: path)
      let (above, name) = (FileSystem.folder(of: folder), ImageListing.stemAndExtension(FileTree.lastName(path)).stem)
      let split =
        SplitFolders.names.first { name.hasSuffix($0.name) || name.hasSuffix("_\($0.name)2017") }?.split
        ?? options.split
      let year = name.split(separator: "_").last.map(String.init) ?? ""
      return [
        Place(
          split: split, json: path,
          imageFolders: [folder, "\(folder)/images", "\(above)/images", "\(above)/images/\(year)", "\(above)/\(year)"],
          root: options.bounds(FileTree.lastName(folder) == "annotations" ? above : folder))
      ]
    }
    try FileTree.requireFolder(path, AnnotationFormat.coco.expectation)
    var places: [Place] = []
    for (name, split) in SplitFolders.names {
      let json = "\(path)/\(name)/_annotations.coco.json"
      if FileSystem.kind(of: json) == .file {
        places.append(
          Place(
            split: split, json: json, imageFolders: ["\(path)/\(name)"], root: options.bounds(path), isRoboflow: true))
      }
      for year in ["", "2017", "2014"] {
        let json = "\(path)/annotations/instances_\(name)\(year).json"
        guard FileSystem.kind(of: json) == .file else { continue }
        places.append(
          Place(
            split: split, json: json,
            imageFolders: ["\(path)/\(name)\(year)", "\(path)/images/\(name)\(year)", "\(path)/images"],
            root: options.bounds(path)))
      }
    }
    // CVAT's "COCO 1.0" has one file for all images.
    let single = "\(path)/annotations/instances_default.json"
    if places.isEmpty, FileSystem.kind(of: single) == .file {
      places.append(
        Place(
          split: options.split, json: single, imageFolders: ["\(path)/images/default", "\(path)/images", path],
          root: options.bounds(path)))
    }
    guard !places.isEmpty else {
      throw DataError("\(path): nothing of COCO's form lies there; expected \(AnnotationFormat.coco.expectation)")
    }
    return places
  }
}
