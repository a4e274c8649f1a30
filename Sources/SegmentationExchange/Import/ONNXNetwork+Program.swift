import Basics
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

extension ONNXNetwork {
  /// Compiles the network for images of some sizes.
  /// - Parameters:
  ///   - sizes: The sizes of images in pixels; the file's own size if there are none.
  ///   - precision: The numeric precision: float32, bfloat16 or int8.
  ///   - classes: The classes' names and colors in place of the file's.
  ///   - normalization: The normalization of images in place of the file's; ImageNet's if neither tells it.
  ///   - calibration: The images from which int8 learns its scales. Only int8 needs it.
  ///   - threads: The number of threads that try int8 out; as many as libtorch uses if it is `nil`.
  ///   - note: Receives lines that tell what was assumed, once the network is compiled.
  /// - Throws: `ExchangeError` for a network that cannot be imported, and what compiling throws.
  public func program(
    sizes: [ImageSize] = [], precision: Precision = .float32, classes: [ClassInfo]? = nil,
    normalization: Normalization? = nil, calibration: Calibration? = nil, threads: Int? = nil,
    note: (String) -> Void = { _ in }
  ) throws -> Program {
    let sizes = try chosen(sizes)
    let name = url.relativePath
    var notes: [String] = []
    if normalization == nil, self.normalization == nil {
      notes.append(
        "\(name) does not tell the normalization of images: ImageNet's is assumed (mean "
          + "\(list(Normalization.imageNetMean)), std \(list(Normalization.imageNetStd)))")
    }
    let scores = try graph(for: sizes[0])
    let count = scores[scores.outputs[0]].shape[1]
    if let classes, classes.count != count {
      throw ExchangeError("\(name): the network has \(count) classes, found \(classes.count)")
    }
    var known = classes ?? card.classes ?? []
    if !known.isEmpty, known.count != count {
      notes.append("\(name) names \(known.count) classes and has scores of \(count): the names are left out")
      known = []
    }
    var program = try Program(
      self, sizes: sizes, precision: precision,
      normalization: normalization ?? self.normalization ?? Normalization(), classes: known, calibration: calibration,
      threads: threads)
    program.network = card.network ?? url.deletingPathExtension().lastPathComponent
    program.checkpoint = hash
    notes.forEach(note)
    return program
  }

  /// The sizes that a program is for.
  private func chosen(_ sizes: [ImageSize]) throws(ExchangeError) -> [ImageSize] {
    if !sizes.isEmpty { return sizes }
    guard let fixedSize else {
      throw ExchangeError("\(url.relativePath) takes images of several sizes: give one with --size HEIGHTxWIDTH")
    }
    return [fixedSize]
  }

  private func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
}
