import Files
import Foundation
import SegmentationImage
import Yams

/// Polygons of Ultralytics' YOLO.
struct YOLO {
  static func read(_ path: String, _ options: ImportOptions, _ findings: AnnotationFindings) throws -> AnnotatedSet {
    let card = FileSystem.isFolder(path) ? "\(path)/data.yaml" : path
    let bounds = options.bounds(FileSystem.folder(of: card))
    let yaml = try Card(card, bounds: bounds)
    var table = ClassTable()
    let uncovered: UInt8?
    // Ultralytics puts a single class above the background, and the background of several after the last of them.
    if (options.classes ?? yaml.names).count == 1 {
      uncovered = try table.background(options.background, usual: "background")
      for name in options.classes ?? yaml.names { try table.add(name) }
    } else {
      for name in options.classes ?? yaml.names { try table.add(name) }
      uncovered = try table.background(options.background, usual: "background")
    }
    let numbers = yaml.names.map { table[$0] }
    var images: [AnnotatedImage] = []
    for (split, places) in yaml.splits {
      for place in places {
        for image in try listed(place, card) {
          guard FileSystem.kind(of: image.path) == .file, FileTree.isInside(image.path, bounds) else {
            findings.add(.missingImage, image.path, "it is not there, or leads outside of \(bounds ?? place)")
            continue
          }
          guard let labels = label(of: image.path, folder: "labels", ending: "txt") else {
            findings.add(
              .unlabelled, image.path, "no folder 'images' is in its path, in whose place 'labels' could stand")
            continue
          }
          let isThere = FileSystem.kind(of: labels) == .file && FileTree.isInside(labels, bounds)
          if !isThere {
            findings.add(
              .unlabelled, image.path, "there is no \(labels) inside of the folder; the image is all background")
          }
          images.append(
            AnnotatedImage(split: split, path: image.path, name: image.below, sources: isThere ? [labels] : []) {
              size, findings in
              var canvas = LabelCanvas(size: size, background: uncovered)
              guard isThere else { return canvas.mask }
              for shape in try shapes(labels, numbers, size, findings) {
                canvas.draw(shape.shape, by: .openCV, place: "\(labels): line \(shape.line)", findings)
              }
              return canvas.mask
            })
        }
      }
    }
    return AnnotatedSet(classes: table.classes, background: uncovered, images: images)
  }

  /// The polygons of a file, the larger ones first so that the smaller ones lie on them.
  private static func shapes(
    _ path: String, _ numbers: [UInt8?], _ size: ImageSize, _ findings: AnnotationFindings
  ) throws -> [(line: Int, shape: Shape)] {
    var found: [(line: Int, area: Double, shape: Shape)] = []
    for (index, line) in try TextLines.of(path).enumerated() {
      let place = "\(path): line \(index + 1)"
      let fields = line.split(whereSeparator: \.isWhitespace)
      let values = fields.dropFirst().map { Double($0) ?? .nan }
      guard let number = fields.first.flatMap({ Int($0) }), values.allSatisfy({ (-10...10).contains($0) }) else {
        findings.add(.unreadable, place, "expected a class's number and positions from 0 to 1")
        continue
      }
      guard values.count >= 6, values.count % 2 == 0 else {
        findings.add(
          .kind, place, values.count == 4 ? "a box labels no pixels" : "\(values.count) numbers are no polygon")
        continue
      }
      guard numbers.indices.contains(number), let label = numbers[number] else {
        findings.add(.unknownLabel, place, "class \(number) is left out")
        continue
      }
      let ring = stride(from: 0, to: values.count, by: 2).map {
        // In single precision, as Ultralytics keeps them.
        Point(
          x: Double(Float(values[$0]) * Float(size.width)), y: Double(Float(values[$0 + 1]) * Float(size.height)))
      }
      found.append((index + 1, LabelCanvas.area(of: ring), Shape(label: label, geometry: .polygons([ring]))))
    }
    return found.sorted { $0.area == $1.area ? $0.line < $1.line : $0.area > $1.area }.map { ($0.line, $0.shape) }
  }

  /// The file of labels beside an image: the last folder `images` of its path is replaced.
  private static func label(of image: String, folder: String, ending: String) -> String? {
    guard let range = image.range(of: "/images/", options: .backwards) else { return nil }
    return ImageListing.stemAndExtension(image.replacingCharacters(in: range, with: "/\(folder)/")).stem + ".\(ending)"
  }

  /// The images of a folder, or those that a text file lists.
  private static func listed(_ place: String, _ card: String) throws -> [(path: String, below: String)] {
    if FileSystem.isFolder(place) {
      return try ImageListing(of: place, isRecursive: true).images.map { ("\(place)/\($0)", $0) }
    }
    guard FileSystem.kind(of: place) == .file, place.hasSuffix(".txt") else {
      throw DataError("\(card): '\(place)' is neither a folder of images nor a list of them")
    }
    let folder = FileSystem.folder(of: place)
    return try TextLines.of(place).map { line in
      let path = line.hasPrefix("/") ? line : "\(folder)/\(line.hasPrefix("./") ? String(line.dropFirst(2)) : line)"
      return (path, FileTree.lastName(path))
    }
  }

  /// The content of data.yaml.
  private struct Card {
    var names: [String] = []
    var splits: [(split: Split, places: [String])] = []

    /// - Parameter bounds: The folder that images must lie in; nil if they may lie anywhere.
    init(_ path: String, bounds: String?) throws {
      let text: String
      do { text = try TextFile.read(path, limit: YAMLText.sizeLimit) } catch {
        throw DataError("\(path): cannot be read: \(error.reason); expected \(AnnotationFormat.yolo.expectation)")
      }
      let node: Node?
      do { node = try YAMLText.node(of: text) } catch {
        throw DataError("\(path)\(error.line.map { ":\($0)" } ?? ""): \(error.reason)")
      }
      if let list = node?["names"]?.sequence {
        names = list.compactMap(\.string)
      } else if let mapping = node?["names"]?.mapping {
        var found: [Int: String] = [:]
        for (key, value) in mapping { if let number = key.int, let name = value.string { found[number] = name } }
        guard found.count == mapping.count, Set(found.keys) == Set(0..<found.count) else {
          throw DataError("\(path): 'names' needs the numbers 0, 1, ... without gaps")
        }
        names = (0..<found.count).map { found[$0]! }
      }
      guard !names.isEmpty else { throw DataError("\(path): it has no 'names' of classes") }
      let folder = FileSystem.folder(of: path)
      let own = node?["path"]?.string ?? ""
      let root = own.isEmpty || own == "." ? folder : own.hasPrefix("/") ? own : "\(folder)/\(own)"
      for (key, split) in [("train", Split.train), ("val", .val), ("valid", .val), ("test", .test)] {
        guard let value = node?[key], value.null == nil else { continue }
        let texts = value.sequence?.compactMap(\.string) ?? value.string.map { [$0] } ?? []
        let places = texts.map { text in
          // Roboflow writes ../train/images for a folder that lies beside data.yaml.
          let candidates =
            [text.hasPrefix("/") ? text : "\(root)/\(text)", "\(folder)/\(text)"]
            + (text.hasPrefix("../") ? ["\(folder)/\(text.dropFirst(3))"] : [])
          return candidates.first { FileSystem.exists($0) } ?? candidates[0]
        }
        if let outside = places.first(where: { FileSystem.exists($0) && !FileTree.isInside($0, bounds) }) {
          throw DataError(
            "\(path): '\(key)' leads to \(outside), outside of \(bounds ?? folder); 'rtseg data import yolo --allow-outside' "
              + "reads it")
        }
        splits.append((split, places.filter { !$0.isEmpty }))
      }
      guard !splits.isEmpty else { throw DataError("\(path): it has none of 'train', 'val' and 'test'") }
    }
  }
}
