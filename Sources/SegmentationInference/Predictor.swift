import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// Labels images with a network: any size in, a class for each pixel out.
///
/// ```swift
/// let predictor = try Predictor(checkpoint: URL(filePath: "best.pth"))
/// let street = try predictor.label(contentsOf: URL(filePath: "street.jpg"))
/// try street.classes.write(to: URL(filePath: "classes.png"), palette: predictor.palette)
/// try street.overlay().write(to: URL(filePath: "overlay.png"))
/// ```
public final class Predictor {
  /// The network; `nil` if a program from a file takes its place.
  public let model: SegmentationModel?
  /// The program that takes the network's place.
  let program: ProgramFile?
  /// The device on which the network computes.
  public let device: Device
  /// The names of the classes in the order of their numbers; empty if nothing tells them.
  public let classNames: [String]
  /// The classes' colors; those of `Palette.distinct` if nothing tells them.
  public let palette: Palette
  /// The normalization that images go through before the network sees them.
  public let normalization: Normalization
  /// The type of the numbers that the network computes in.
  public let precision: Precision
  /// How the network is applied to each image.
  public let inference: InferenceProtocol
  /// Receives lines that tell what was done otherwise than asked for: an image that needs more memory than there is, is
  /// labelled in tiles.
  public var note: (String) -> Void = { _ in }
  private let engine: Engine
  private let calibration: Calibration?
  /// Whether a line has told that libtorch serves in place of the kernels.
  private var hasToldFallback = false
  private let selection: InferenceOptions.Selection
  /// The engine that labelled the last images; libtorch also serves if a network needs an operator without a kernel.
  public private(set) var lastEngine: Engine
  /// Engines for the sizes met last, the latest first; `nil` for sizes that have none.
  private var engines: [(size: ImageSize, output: InferenceOptions.Output, engine: InferenceEngine?)] = []
  /// How images of the sizes met so far are labelled.
  private var fitted: [ImageSize: InferenceProtocol] = [:]
  /// The engine that last resized frames of a video.
  var knownResizingEngine: ResizingEngine?
  private lazy var memory = model.flatMap { try? MemoryEstimate($0, precision: precision.mixed) }

  /// - Parameters:
  ///   - model: The network. It is put into evaluation mode and must be on `device`.
  ///   - classes: The classes' names and colors, if they are known.
  ///   - precision: int8 needs a `calibration`, the CPU and the kernels.
  ///   - engine: The engine that computes scores. Kernels keep the weights that the network has at the first image.
  ///   - calibration: The images that int8 learns its scales from. Each size of image is calibrated for, which takes
  ///     seconds.
  ///   - selection: How engines choose their kernels.
  ///   - inference: How the network is applied to each image; `predict` and `classes(of:size:)` see whole images always.
  public init(
    model: SegmentationModel, classes: [ClassInfo]? = nil, normalization: Normalization = Normalization(),
    device: Device = .cpu, precision: Precision = .float32, engine: Engine = .kernels, calibration: Calibration? = nil,
    selection: InferenceOptions.Selection = .estimated, inference: InferenceProtocol = InferenceProtocol()
  ) throws(EngineError) {
    try engine.check(precision, on: device, isCalibrated: calibration != nil)
    guard normalization.channels == model.imageChannels else {
      throw .program(
        "\(model.name) takes images of \(model.imageChannels) channels, and the normalization has "
          + "\(normalization.channels)")
    }
    self.inference = inference
    self.model = model
    program = nil
    classNames = classes?.map(\.name) ?? []
    palette = classes.map { Palette($0.map(\.color)) } ?? .distinct
    self.normalization = normalization
    self.device = device
    self.precision = precision
    self.engine = engine
    self.calibration = calibration
    self.selection = selection
    lastEngine = engine
    model.eval()
  }

  /// Labels images with a program. Images of other sizes than the program's are resized to the nearest one, and their
  /// scores are resized back.
  /// - Parameters:
  ///   - classes: The classes' names and colors in place of the program's.
  ///   - selection: How engines choose their kernels.
  ///   - inference: How the network is applied to each image; `predict` and `classes(of:size:)` see whole images always.
  ///   - note: Receives lines that tell what was done otherwise than asked for.
  /// - Throws: `EngineError.program` for another number of classes than the program's.
  public init(
    _ program: ProgramFile, classes: [ClassInfo]? = nil, selection: InferenceOptions.Selection = .estimated,
    inference: InferenceProtocol = InferenceProtocol(), note: @escaping (String) -> Void = { _ in }
  ) throws(EngineError) {
    if let classes, !program.classes.isEmpty, classes.count != program.classes.count {
      throw .program(
        "\(program.url.relativePath): the network has \(program.classes.count) classes, found \(classes.count)")
    }
    self.note = note
    self.inference = inference
    model = nil
    self.program = program
    let classes = classes ?? program.classes
    classNames = classes.map(\.name)
    palette = classes.isEmpty ? .distinct : Palette(classes.map(\.color))
    normalization = program.normalization
    device = .cpu
    precision = program.precision
    engine = .kernels
    calibration = nil
    self.selection = selection
    lastEngine = .kernels
  }

  /// The same network run by libtorch in float32, to compare with; `nil` for a program.
  package func reference() throws(EngineError) -> Predictor? {
    guard let model else { return nil }
    return try Predictor(
      model: model, normalization: normalization, device: device, engine: .eager, inference: inference)
  }

  /// The best class of each pixel.
  /// - Throws: `TorchError`, `EngineError`.
  public func classes(of image: Image) throws -> Mask { try label(image).classes }

  /// The best class of each pixel of normalized images: [N, C, H, W] in, integers [N, h, w] out.
  /// - Parameter size: h and w; scores of another size are resized to it.
  /// - Throws: `TorchError`, `EngineError`.
  public func classes(of images: Tensor, size: ImageSize) throws -> Tensor {
    let output: InferenceOptions.Output = images.spatialSize == size ? .classes : .logits
    // Engines take one image at a time; several fill a GPU better.
    let fits = device.kind == .cpu || images.size(0) == 1
    guard fits, let engine = try compiled(for: images.spatialSize, output: output) else {
      guard let model else {
        return try catchingTorchErrors {
          try resizedScores(images).upsampleBilinear2d(size: size, alignCorners: false).argmax(dimension: 1)
        }
      }
      lastEngine = .eager
      return try catchingTorchErrors {
        withoutGradients { model.classes(images.to(device: device), size: size, precision: precision.mixed) }
      }
    }
    let results = try (0..<images.size(0)).map { index in
      let result = try engine(images.slice(index..<index + 1, dimension: 0))
      return output == .classes
        ? result : result.upsampleBilinear2d(size: size, alignCorners: true).argmax(dimension: 1)
    }
    return results.count == 1 ? results[0] : cat(results, dimension: 0)
  }

  /// The engine for images of a size; `nil` where libtorch has to serve.
  func compiled(for size: ImageSize, output: InferenceOptions.Output = .classes) throws
    -> InferenceEngine?
  {
    let compiled = try findEngine(for: size, output: output)
    lastEngine = compiled == nil && program == nil ? .eager : .kernels
    return compiled
  }

  private func findEngine(for size: ImageSize, output: InferenceOptions.Output) throws -> InferenceEngine? {
    guard engine == .kernels, device.kind == .cpu || device.kind == .cuda else { return nil }
    if let index = engines.firstIndex(where: { $0.size == size && $0.output == output }) {
      let entry = engines.remove(at: index)
      engines.insert(entry, at: 0)
      return entry.engine
    }
    let options = InferenceOptions(
      device: device, precision: precision, output: output, selection: selection)
    var compiled: InferenceEngine?
    do {
      if let program {
        guard program.sizes.contains(size) else { return nil }
        compiled = try InferenceEngine(program, size: size, options: options)
      } else {
        compiled = try InferenceEngine(
          model!, size: size, normalization: normalization, options: options, calibration: calibration)
      }
    } catch let error as EngineError where precision == .int8 || program != nil {
      // Asked for int8, nobody wants something slower without a word.
      throw error
    } catch let error as EngineError {
      guard case .unsupported = error else { throw error }
      tellFallback(error)
    } catch let error as GraphError {
      tellFallback(error)
    } catch let error as TorchError where device.kind != .cpu {
      // Not all that libtorch computes can be recorded.
      tellFallback(error)
    }
    engines.insert((size, output, compiled), at: 0)
    // Each holds packed weights and maps: a few serve folders of mixed portrait and landscape, at all scales.
    if engines.count > max(4, 2 * inference.scales.count) { engines.removeLast() }
    return compiled
  }

  /// Tells, once, that libtorch serves in place of the kernels.
  private func tellFallback(_ reason: any Error) {
    if hasToldFallback { return }
    hasToldFallback = true
    note("the engine eager computes in place of the kernels: \(reason)")
  }

  /// Labels the image in a file at its own size, as a whole, with the scores of all classes.
  /// - Parameter orientation: Whether the image is turned upright as its EXIF orientation says.
  /// - Throws: `ImageError` for a file that cannot be read; `TorchError`, `EngineError`.
  public func predict(contentsOf file: URL, orientation: ExifOrientation = .apply) throws -> Prediction {
    try predict(SourceImage(contentsOf: file, for: normalization, orientation: orientation))
  }

  /// Labels an image at its own size, as a whole, with the scores of all classes. The engine is that of `classes(of:)`.
  /// - Throws: `TorchError`, `EngineError`: the memory does not suffice, for example.
  public func predict(_ image: Image) throws -> Prediction { try predict(.rgb(image)) }

  /// Does the same for an image of other channels or values than 8-bit RGB.
  /// - Throws: `TorchError`, `EngineError`: the memory does not suffice, for example.
  public func predict(_ raster: Raster) throws -> Prediction { try predict(.raster(raster)) }

  private func predict(_ image: SourceImage) throws -> Prediction {
    try check(image)
    if let engine = try compiled(for: image.size, output: .logits) {
      let input = try normalization.tensor(image)
      return Prediction(logits: try catchingTorchErrors { try engine(input).to(device: .cpu) })
    }
    return try predictEagerly(image)
  }

  private func predictEagerly(_ image: SourceImage) throws -> Prediction {
    let input = try normalization.tensor(image)
    return try catchingTorchErrors {
      try withoutGradients {
        guard let model else { return Prediction(logits: try resizedScores(input)) }
        let logits = autocast(precision.mixed, device: device) { model.logits(input.to(device: device)) }
        return Prediction(logits: logits)
      }
    }
  }

  /// Refuses an image of other channels than the network's.
  func check(_ image: SourceImage) throws(EngineError) {
    let (channels, isFitting) =
      switch image {
      case .rgb: (3, normalization.isRGB)
      case .raster(let raster): (raster.channels, !normalization.isRGB && raster.channels == normalization.channels)
      }
    guard isFitting else {
      throw .program(
        "the network takes images of \(normalization.channels) channels of type \(normalization.type), found "
          + (normalization.isRGB || channels != 3 ? "\(channels) channels as floats" : "8-bit RGB"))
    }
  }

  /// The engine that labels whole images one by one; `nil` if libtorch is to serve, which takes several at once.
  func compiledForImages(_ size: ImageSize, count: Int) throws -> InferenceEngine? {
    // Engines take one image at a time; several fill a GPU better.
    guard device.kind == .cpu || count == 1 else { return nil }
    return try compiled(for: size)
  }

  /// Class scores [N, classes, h, w] of normalized images [N, C, h, w], by the engine of `classes(of:)`.
  /// - Throws: `TorchError`, `EngineError`.
  public func logits(of images: Tensor) throws -> Tensor {
    try withoutGradients { try scores(images.to(device: device)) }
  }

  func scores(_ images: Tensor) throws -> Tensor {
    let count = images.size(0)
    guard device.kind == .cpu || count == 1, let engine = try compiled(for: images.spatialSize, output: .logits) else {
      guard let model else { return try resizedScores(images) }
      lastEngine = .eager
      return try catchingTorchErrors { autocast(precision.mixed, device: device) { model.logits(images) } }
    }
    let results = try (0..<count).map { try engine(images.slice($0..<$0 + 1, dimension: 0)) }
    return results.count == 1 ? results[0] : cat(results, dimension: 0)
  }

  /// Class scores [N, classes, h, w] of normalized images [N, C, h, w] of a size that the program has no plan for: they
  /// are resized to the nearest one, and their scores back.
  private func resizedScores(_ images: Tensor) throws -> Tensor {
    let size = images.spatialSize
    let nearest = program!.nearest(to: size)
    guard let engine = try compiled(for: nearest, output: .logits) else {
      throw EngineError.size(expected: nearest.description, found: size.description)
    }
    let resized = images.upsampleBilinear2d(size: nearest, alignCorners: false)
    let results = try (0..<images.size(0)).map { index in
      try engine(resized.slice(index..<index + 1, dimension: 0)).upsampleBilinear2d(size: size, alignCorners: false)
    }
    return results.count == 1 ? results[0] : cat(results, dimension: 0)
  }

  /// How images of a size are labelled: in tiles if they need more memory than there is.
  func fitting(_ size: ImageSize, count: Int) -> InferenceProtocol {
    if let known = fitted[size] { return known }
    var result = inference
    if device.kind == .cpu, inference.tile == nil, size.height * size.width > Self.certainlySmall, let memory {
      let fitting = inference.fitting(size, estimate: memory, free: FreeMemory.bytes.map { $0 / max(1, count) })
      if let line = fitting.note { note(line) }
      result = fitting.protocol
    }
    fitted[size] = result
    return result
  }

  /// Pixels of an image that is never worth an estimate.
  private static let certainlySmall = 256 * 256
}
