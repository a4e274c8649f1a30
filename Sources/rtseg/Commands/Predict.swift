import ArgumentParser
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import Torch

struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label images: a file or all images of a folder.",
    discussion: """
      Images of any size and shape; results have the image's size. By default a PNG of class numbers with the data set's \
      colors as its palette (ids); color is a plain RGB picture, overlay the image with the colors over it, probability \
      the best class's probability as gray, 255 for certainty.
      """)

  enum Product: String, CaseIterable, ExpressibleByArgument { case ids, color, overlay, probability }

  @OptionGroup var networkFlags: NetworkFlags
  @Option(help: "The weights: .pth or .safetensors.") var checkpoint: String
  @Option(help: "An image, or a folder of images (not searched deeper).") var input: String
  @Option(help: "The folder for the results.") var output: String
  @Option(
    help: ArgumentHelp("What to write, separated by commas: ids, color, overlay, probability.", valueName: "list"))
  var save = "ids"
  @Option(help: "How strongly colors cover the image in overlays, 0 to 1.") var alpha = 0.3
  @Option(help: "Names and colors of the classes: cityscapes, camvid or the path of a card.") var dataset: String?
  @Option(
    help: """
      What computes classes: kernels (this program's own on the CPU; on a GPU libtorch's as one CUDA graph) or eager \
      (libtorch, operator by operator); probabilities: eager.
      """)
  var engine = Predictor.Engine.kernels
  @Option(
    help: "What kernels compute in: float32, bfloat16, float16 (GPU) or int8 (CPU, --calibration); --amp's by default.")
  var precision: InferenceOptions.Precision?
  @OptionGroup var calibration: CalibrationFlags
  @Option(help: "cpu, cuda, cuda:N, mps, auto.") var device = "auto"
  @Option(help: "off, bfloat16 or float16.") var amp = TrainingOptions.Precision.off
  @Option(help: "Threads of one operation on the CPU.") var threads: Int?

  func validate() throws {
    if !(0...1).contains(alpha) { throw ValidationError("--alpha: expected 0 to 1, found \(alpha)") }
    if let threads, threads < 1 { throw ValidationError("--threads: expected at least 1, found \(threads)") }
    if let precision {
      if amp != .off { throw ValidationError("--precision and --amp: give one of them") }
      if engine == .eager { throw ValidationError("--precision is for --engine kernels; eager has --amp") }
      if precision == .int8, calibration.calibration == nil {
        throw ValidationError("--precision int8 needs --calibration, a folder of images like those to come")
      }
    }
    _ = try products()
  }

  private func products() throws -> [Product] {
    try save.split(separator: ",").map { name in
      guard let product = Product(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
        throw ValidationError("--save: expected ids, color, overlay or probability, found \(name)")
      }
      return product
    }
  }

  func run() throws {
    if let threads { Libtorch.threads = threads }
    let device = try chooseDevice(device)
    let images = try listImages()
    if precision == .int8, device.kind != .cpu {
      throw CommandError("--precision int8 is for the CPU: add --device cpu, or choose float16")
    }
    if precision == .float16, device.kind == .cpu {
      throw CommandError("--precision float16 is for GPUs: choose bfloat16 or int8 on the CPU")
    }
    let agreement = calibration.agreement
    let calibration = try calibration.checkedFolder(isInt8: precision == .int8).map {
      try Calibration(folder: URL(filePath: $0), agreement: agreement)
    }
    let network = try NetworkFile(checkpoint, network: networkFlags.architecture())
    let palette = try palette(card: network.card)
    let classes =
      network.card.map { ClassCount($0.classes.count, from: .card) }
      ?? ClassCount(palette.colors.count, from: .dataset(dataset ?? "cityscapes", isDefault: dataset == nil))
    let normalization = network.card.map { Normalization(mean: $0.mean, std: $0.std) } ?? Normalization()
    let predictor = Predictor(
      model: try network.makeModel(classes: classes).to(device),
      normalization: normalization, device: device, precision: precision?.mixed ?? amp.dtype,
      engine: engine, calibration: calibration)
    let folder = URL(filePath: output)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError("\(output): cannot make the folder: \(error.localizedDescription)")
    }
    let products = try products()
    for (index, url) in images.enumerated() {
      let image = try Image(contentsOf: url)
      let prediction = products.contains(.probability) ? try predictor.predict(image) : nil
      let classes = try prediction?.classes ?? predictor.classes(of: image)
      try write(
        classes, prediction, of: image, named: url.deletingPathExtension().lastPathComponent, products: products,
        palette: palette, to: folder)
      if isatty(STDERR_FILENO) == 1 {
        FileHandle.standardError.write(Data("\r\(index + 1)/\(images.count)".utf8))
      }
    }
    if isatty(STDERR_FILENO) == 1 { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    print("labelled \(images.count) image\(images.count == 1 ? "" : "s"): \(output)")
  }

  private func write(
    _ classes: Mask, _ prediction: Prediction?, of image: Image, named name: String, products: [Product],
    palette: Palette, to folder: URL
  ) throws {
    for product in products {
      // One product keeps the image's name; several are told apart by a suffix.
      let suffix = products.count == 1 ? "" : "_\(product.rawValue)"
      let url = folder.appending(path: "\(name)\(suffix).png")
      switch product {
      case .ids: try classes.write(to: url, palette: palette)
      case .color: try classes.colored(by: palette).write(to: url)
      case .overlay: try image.overlaid(with: classes, palette: palette, alpha: alpha).write(to: url)
      case .probability: try prediction?.confidence.write(to: url)
      }
    }
  }

  private func palette(card: ModelCard?) throws -> Palette {
    if let dataset { return try Dataset.open(kind: dataset, root: "").labels.palette }
    if let card { return Palette(card.colors.map { RGB($0[0], $0[1], $0[2]) }) }
    return LabelSet.cityscapes.palette
  }

  /// The input file, or the images of the input folder by name; other files are skipped with a word.
  private func listImages() throws -> [URL] {
    let url = URL(filePath: input)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder) else {
      throw CommandError("\(input): no such file or folder")
    }
    guard isFolder.boolValue else { return [url] }
    let entries = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: [.isDirectoryKey])
      .filter { (try? $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) != true }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    let images = entries.filter { ImageFormat(ofFileAt: $0.path) != nil }
    for other in Set(entries).subtracting(images).sorted(by: { $0.path < $1.path }) {
      FileHandle.standardError.write(Data("skipped \(other.lastPathComponent): not a PNG or JPEG image\n".utf8))
    }
    if images.isEmpty { throw CommandError("\(input): no PNG or JPEG image in this folder") }
    return images
  }
}

extension TrainingOptions.Precision: ExpressibleByArgument {}

extension Predictor.Engine: ExpressibleByArgument {}
