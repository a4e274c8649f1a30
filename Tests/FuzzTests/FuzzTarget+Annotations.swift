import Foundation
import SegmentationData
import SegmentationImage

extension FuzzTarget {
  /// A file of a small data set in the layout of a tool, in whose place the bytes are put.
  private struct AnnotationFile {
    let format: AnnotationFormat
    /// The data set's folder among the fixtures of the tests.
    let folder: String
    let file: String

    /// The first byte of an input chooses one of these; `a` is the first.
    static let all = [
      AnnotationFile(format: .labelMe, folder: "labelme", file: "annotations/scene 0.json"),
      AnnotationFile(format: .labelMe, folder: "labelme", file: "labels.txt"),
      AnnotationFile(format: .cvat, folder: "cvat", file: "labelmap.txt"),
      AnnotationFile(format: .cvat, folder: "cvat", file: "ImageSets/Segmentation/default.txt"),
      AnnotationFile(format: .cvatXML, folder: "cvat-xml", file: "annotations.xml"),
      AnnotationFile(format: .coco, folder: "coco", file: "annotations/instances_val2017.json"),
      AnnotationFile(format: .coco, folder: "roboflow-coco", file: "valid/_annotations.coco.json"),
      AnnotationFile(format: .cocoPanoptic, folder: "coco-panoptic", file: "annotations/panoptic_val2017.json"),
      AnnotationFile(format: .labelStudio, folder: "label-studio", file: "export.json"),
      AnnotationFile(format: .voc, folder: "voc", file: "ImageSets/Segmentation/train.txt"),
      AnnotationFile(format: .yolo, folder: "yolo", file: "data.yaml"),
      AnnotationFile(format: .yolo, folder: "yolo", file: "labels/train/x.txt"),
      AnnotationFile(format: .roboflow, folder: "roboflow", file: "train/_classes.csv"),
      AnnotationFile(format: .supervisely, folder: "supervisely", file: "meta.json"),
      AnnotationFile(format: .supervisely, folder: "supervisely", file: "val/ann/f.png.json"),
      AnnotationFile(
        format: .cityscapes, folder: "cityscapes",
        file: "gtFine/train/ulm/ulm_000001_000019_gtFine_polygons.json"),
    ]
  }

  /// Reads a data set with the bytes in the place of one of its files, and draws the labels of all images.
  static func readAnnotations(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let files = AnnotationFile.all
    read(files[Int(first &- UInt8(ascii: "a")) % files.count], with: Data(bytes.dropFirst()))
  }

  /// Reads pixels that are coded within a file: COCO's run lengths, the strokes of Label Studio, the bitmaps of Supervisely
  /// and the masks of LabelMe. The rest of the file is right, and so is the coding as text.
  static func readBitmap(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let content = Data(bytes.dropFirst())
    let text = content.base64EncodedString()
    let counts = try? JSONEncoder().encode(String(decoding: content, as: UTF8.self))
    let numbers = content.map { "\($0)" }.joined(separator: ",")
    let kinds = [
      (
        "coco",
        """
        {"images": [{"id": 100, "file_name": "000000000000.jpg", "height": 36, "width": 48}],
         "categories": [{"id": 3, "name": "cow"}], "annotations": [{"id": 1, "image_id": 100, "category_id": 3,
         "segmentation": {"size": [36, 48], "counts": \(String(decoding: counts ?? Data(), as: UTF8.self))}}]}
        """
      ),
      (
        "label-studio",
        """
        [{"data": {"image": "plate one.png"}, "annotations": [{"result": [{"type": "brushlabels",
          "value": {"format": "rle", "rle": [\(numbers)], "brushlabels": ["rust"]}}]}]}]
        """
      ),
      (
        "supervisely",
        """
        {"size": {"height": 36, "width": 48}, "objects": [{"classTitle": "weed", "geometryType": "bitmap",
         "bitmap": {"data": "\(text)", "origin": [3, 2]}}]}
        """
      ),
      (
        "labelme",
        """
        {"imagePath": "../images/scene 0.png", "shapes": [{"label": "road", "shape_type": "mask",
         "points": [[3, 2], [9, 9]], "mask": "\(text)"}]}
        """
      ),
    ]
    let (folder, json) = kinds[Int(first &- UInt8(ascii: "a")) % kinds.count]
    // The last JSON file of a folder is the one with the shapes.
    guard let file = AnnotationFile.all.last(where: { $0.folder == folder && $0.file.hasSuffix(".json") }) else {
      return
    }
    read(file, with: Data(json.utf8))
  }

  private static func read(_ file: AnnotationFile, with content: Data) {
    let folder = annotations.appending(path: file.folder)
    let place = folder.appending(path: file.file)
    guard let before = try? Data(contentsOf: place), (try? content.write(to: place)) != nil else {
      preconditionFailure("\(place.path) cannot be replaced")
    }
    defer { try? before.write(to: place) }
    do {
      let dataset = try Dataset.annotations(file.format, at: file.format == .labelStudio ? place.path : folder.path)
      for split in Split.allCases {
        guard let samples = try? dataset.samples(of: split) else { continue }
        for sample in samples.prefix(16) {
          do {
            guard let labels = try sample.drawn() else { preconditionFailure("\(sample.image) has no labels") }
            let classes = dataset.labels.classes.count
            precondition(labels.values.allSatisfy { Int($0) < classes || $0 == LabelSet.ignored })
          } catch {
            precondition(!"\(error)".contains("\n"), "\(error)")
          }
        }
      }
      for note in dataset.omissions(of: Split.allCases) { precondition(!note.contains("\n"), note) }
    } catch {
      precondition(!"\(error)".contains("\n"), "\(error)")
    }
  }

  /// Copies of the tests' data sets, which belong to this process.
  private static let annotations: URL = {
    let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationDataTests/Fixtures/Annotations")
    let memory = URL(filePath: "/dev/shm")
    let parent =
      FileManager.default.isWritableFile(atPath: memory.path) ? memory : FileManager.default.temporaryDirectory
    let copy = parent.appending(path: "rtseg-fuzz-annotations-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.removeItem(at: copy)
    do { try FileManager.default.copyItem(at: source, to: copy) } catch { preconditionFailure("\(error)") }
    atexit { try? FileManager.default.removeItem(at: FuzzTarget.annotations) }
    return copy
  }()
}
