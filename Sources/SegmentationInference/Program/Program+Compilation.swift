import Files
import Foundation
import SegmentationImage
import SegmentationModels
import Torch

extension Program {
  /// Compiles a network with the weights it has now.
  ///
  /// ```swift
  /// let program = try Program(network, sizes: [ImageSize(height: 512, width: 1024)])
  /// try program.write(to: URL(filePath: "street.rtseg"))
  /// ```
  /// - Parameters:
  ///   - network: The network, a `SegmentationModel` on the CPU or a network from another tool's file.
  ///   - sizes: The sizes of images in pixels. The plans for several sizes share the weights.
  ///   - precision: The numeric precision: float32, bfloat16 or int8.
  ///   - normalization: The normalization of images, which the program does itself.
  ///   - classes: The classes' names and colors, if they are known.
  ///   - calibration: The images from which int8 learns its scales. Only int8 needs it.
  ///   - threads: The number of threads that try int8 out; as many as libtorch uses if it is `nil`.
  /// - Throws: `EngineError` if an operator has no kernel, or for a precision or a calibration that will not do;
  ///   `GraphError` if the network cannot be captured, `TorchError` if libtorch fails, and what `network` throws.
  public init(
    _ network: any GraphSource, sizes: [ImageSize], precision: Precision = .float32,
    normalization: Normalization = Normalization(), classes: [ClassInfo] = [], calibration: Calibration? = nil,
    threads: Int? = nil
  ) throws {
    precondition(!sizes.isEmpty, "a program is for images of at least one size")
    var compiler = ProgramCompiler(
      precision: precision, normalization: normalization, calibration: calibration,
      threads: min(threads ?? Libtorch.threads, 256))
    var reports: [QuantizationReport] = []
    for size in sizes {
      let compiled = try compiler.compile(
        network, size: size, outputs: [.classes, .logits], keepsWeightsOutside: false)
      if let report = compiled.quantization { reports.append(report) }
    }
    self = compiler.takeProgram()
    self.classes = classes
    quantization = reports
  }

  /// Compiles the network of a checkpoint.
  /// - Parameters:
  ///   - checkpoint: The checkpoint, which tells the network, its classes and the normalization of images.
  ///   - classes: The classes' names and colors in place of the checkpoint's.
  ///   - note: Receives lines that tell what was chosen or done otherwise than asked for.
  /// - Throws: `NetworkCheckpointError`, `ArchitectureError` or `FileError` for the checkpoint, and what compiling throws.
  public init(
    _ checkpoint: NetworkCheckpoint, sizes: [ImageSize], precision: Precision = .float32,
    classes: [ClassInfo]? = nil, calibration: Calibration? = nil, threads: Int? = nil,
    note: (String) -> Void = { _ in }
  ) throws {
    self = try Program.compile(
      checkpoint, sizes: sizes, precision: precision, classes: classes, calibration: calibration, threads: threads,
      note: note
    ).program
  }

  /// Does the same, and returns the network, too.
  package static func compile(
    _ checkpoint: NetworkCheckpoint, sizes: [ImageSize], precision: Precision, classes: [ClassInfo]?,
    calibration: Calibration?, threads: Int? = nil, note: (String) -> Void
  ) throws -> (program: Program, model: SegmentationModel) {
    let card = checkpoint.card
    let classes = classes ?? card?.classInfos
    let model = try checkpoint.makeModel(classes: classes?.count, note: note).eval()
    var program = try Program(
      model, sizes: sizes, precision: precision,
      normalization: card?.normalization ?? Normalization(),
      classes: classes ?? [], calibration: calibration, threads: threads)
    program.network = try checkpoint.architecture.name
    program.checkpoint = try ContentHash.hex(ofFileAt: checkpoint.file.path)
    return (program, model)
  }

  /// Writes the program to a `.rtseg` file. If that fails, what stood there stays.
  /// - Throws: `FileError` if the file cannot be written.
  public func write(to file: URL) throws {
    let bytes = encoded()
    try AtomicFile.write(bytes, to: file)
  }
}
