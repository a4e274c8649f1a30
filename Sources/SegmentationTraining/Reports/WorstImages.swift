import Basics
import Files
import Foundation
import SegmentationData
import SegmentationImage
import Torch

/// The images of a split that a network labels worst, by the mean IoU of each image's labelled classes.
package struct WorstImages {
  /// The entry of one image in the list.
  private struct Line: Encodable {
    let rank: Int
    let image: String
    let meanIou: Double
    let overlay: String
    let prediction: String
    let label: String
  }

  private let limit: Int
  private var ranking: ImageRanking

  /// - Parameter limit: How many images are kept.
  package init(_ limit: Int, classNames: [String]) {
    self.limit = limit
    ranking = ImageRanking(limit, classNames: classNames)
  }

  /// Adds the images of a batch; those without a labelled pixel have no score and are left out.
  package mutating func add(_ batch: Batch, classes: Tensor) { ranking.add(batch, classes: classes) }

  /// Writes the images with the found classes over them, the found classes, the labels, and a list of all (`worst.json`).
  /// - Parameter samples: All samples of the split.
  package func write(to folder: String, samples: Samples, palette: Palette, data: DataOptions) throws {
    try FileSystem.makeFolder(folder)
    var lines: [Line] = []
    for (index, entry) in ranking.worst.enumerated() {
      let image = try data.picture(of: samples[entry.index])
      let rank = String(repeating: "0", count: max(0, "\(limit)".count - "\(index + 1)".count)) + "\(index + 1)"
      let stem = "\(rank)_\(String(format: "%.2f", entry.score * 100))_\(Self.name(entry.file))"
      let line = Line(
        rank: index + 1, image: entry.file, meanIou: entry.score, overlay: "\(stem)_overlay.png",
        prediction: "\(stem)_prediction.png", label: "\(stem)_label.png")
      func place(_ name: String) -> URL { URL(filePath: "\(folder)/\(name)") }
      if image.size == entry.classes.size {
        try image.overlaid(with: entry.classes, palette: palette).write(to: place(line.overlay))
      }
      try entry.classes.write(to: place(line.prediction), palette: palette)
      try entry.labels.write(to: place(line.label), palette: palette)
      lines.append(line)
    }
    let json = try JSONEncoder.snakeCase(indented: true).encode(lines)
    try ValidationFolder.write(json, to: "\(folder)/worst.json")
  }

  /// The file's name without its extension, short enough for the longest name that file systems take.
  private static func name(_ file: String) -> String {
    let name = String(file.split(separator: "/").last ?? "image")
    return String(ImageListing.stemAndExtension(name).stem.prefix(80))
  }
}
