import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Networks that were compiled to files, against engines that were made of the networks themselves.
@Suite(.serialized) struct CompiledNetworkTests {
  /// Depthwise convolutions, gates, unpooling, dilation and PReLU, attention over tokens and over channels.
  static let networks = ["fastscnn", "bisenetv2", "segnet", "enet", "smp-unet-mit_b0", "fanet-resnet18"]

  private let size = ImageSize(height: 75, width: 101)
  private let other = ImageSize(height: 64, width: 96)

  private func model(_ name: String) throws -> SegmentationModel {
    try Architecture(name: name).makeFormulaModel(classes: 7).eval()
  }

  private func photo(height: Int, width: Int) -> Image {
    let pixels = (0..<height * width * 3).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / width) }
    return Image(height: height, width: width, pixels: pixels)
  }

  // MARK: - Results

  @Test(arguments: networks) func `a file gives the bits that the engine gives`(_ name: String) throws {
    let model = try model(name)
    try withTemporaryFolder { folder in
      var lengths: [Int] = []
      for sizes in [[size], [size, other]] {
        let url = folder.appending(path: "\(sizes.count).rtseg")
        try Program(model, sizes: sizes, threads: 2).write(to: url)
        lengths.append(try Data(contentsOf: url).count)
        let file = try ProgramFile(contentsOf: url)
        #expect(file.sizes == sizes)
        for size in sizes {
          let image = Formula.input([1, 3, size.height, size.width])
          for output in InferenceOptions.Output.allCases {
            let options = InferenceOptions(threads: 2, output: output)
            let expected = try InferenceEngine(model, size: size, options: options)(image)
            let found = try InferenceEngine(file, size: size, options: options)(image)
            #expect(found.shape == expected.shape)
            #expect(found.equals(expected), "\(output) of \(size)")
          }
        }
      }
      // Both sizes share the weights.
      #expect(Double(lengths[1]) < 1.3 * Double(lengths[0]), "\(lengths)")
    }
  }

  @Test(arguments: networks, [Precision.bfloat16, .int8])
  func `a file in lower precision computes what the engine does`(_ name: String, _ precision: Precision) throws {
    let model = try model(name)
    let image = Formula.input([1, 3, size.height, size.width])
    let calibration = precision == .int8 ? Calibration(tensors: [image], agreement: 0) : nil
    let program = try Program(model, sizes: [size], precision: precision, calibration: calibration, threads: 2)
    #expect(program.quantization.count == (precision == .int8 ? 1 : 0))
    #expect((program.agreement != nil) == (precision == .int8))
    let options = InferenceOptions(
      threads: 2, precision: precision, output: precision == .int8 ? .classes : .logits)
    let engine = try InferenceEngine(model, size: size, options: options, calibration: calibration)
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "net.rtseg")
      try program.write(to: url)
      let file = try ProgramFile(contentsOf: url)
      #expect(file.precision == precision)
      let found = try InferenceEngine(file, size: size, options: InferenceOptions(threads: 2, output: options.output))(
        image)
      let expected = try engine(image)
      if precision == .int8 {
        let same = (found.to(dtype: .int32) .== expected.to(dtype: .int32)).to(dtype: .float32).mean().item
        #expect(same >= 0.99, "\(same)")
      } else if InstructionSet.current == .avx512Dot {
        let same = (found.argmax(dimension: 1) .== expected.argmax(dimension: 1)).to(dtype: .float32).mean().item
        #expect(same >= 0.99, "\(same)")
      } else {
        // The file's weights have bfloat16. A processor without its instructions computes in float32, and the engine that
        // was made from the network then with weights in float32.
        let difference = ((found - expected) * (found - expected)).mean().item.squareRoot()
        let scale = (expected * expected).mean().item.squareRoot()
        // ENet's max-unpooling puts a value elsewhere if rounding makes another one the largest of its window.
        #expect(difference < (name == "enet" ? 0.25 : 0.02) * scale, "\(difference) of \(scale)")
      }
    }
  }

  // MARK: - What a file tells

  @Test func `a file tells what the network is and how images are normalized`() throws {
    let classes = (0..<7).map { ClassInfo("class \($0)", RGB(UInt8($0 * 30), 200, UInt8(255 - $0))) }
    let normalization = Normalization(mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4])
    let model = try model("fastscnn")
    var program = try Program(
      model, sizes: [size, other], normalization: normalization, classes: classes, threads: 1)
    program.network = "fastscnn"
    program.checkpoint = String(repeating: "0a", count: 32)
    #expect(program.sizes == [size, other])
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "net.rtseg")
      try program.write(to: url)
      let file = try ProgramFile(contentsOf: url)
      #expect(file.url == url)
      #expect(file.network == "fastscnn")
      #expect(file.checkpoint == program.checkpoint)
      #expect(file.producer == rtsegVersion)
      #expect(file.precision == .float32)
      #expect(file.sizes == [size, other])
      #expect(file.classes == classes)
      #expect(file.normalization == normalization)
      #expect(file.operatorCount == program.operatorCount && file.operatorCount > 0)
      let length = try Data(contentsOf: url).count
      #expect(file.weightBytes > length / 2 && file.weightBytes < length)

      let photo = photo(height: size.height, width: size.width)
      let engine = try InferenceEngine(model, size: size, normalization: normalization)
      #expect(try InferenceEngine(file, size: size).classes(of: photo) == engine.classes(of: photo))
    }
  }

  @Test func `images of other sizes are resized to the nearest one`() throws {
    let program = try Program(model("fastscnn"), sizes: [ImageSize(height: 96, width: 64), other], threads: 1)
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "net.rtseg")
      try program.write(to: url)
      let file = try ProgramFile(contentsOf: url)
      let photo = photo(height: 80, width: 130)
      let found = try Predictor(file).label(photo)
      #expect(found.classes.size == photo.size)

      // The same by hand.
      let input = try Normalization().tensor(photo).upsampleBilinear2d(size: other, alignCorners: false)
      let scores = try InferenceEngine(file, size: other, options: InferenceOptions(output: .logits))(input)
      let expected = scores.upsampleBilinear2d(size: photo.size, alignCorners: false).argmax(dimension: 1)
      let differences = zip(found.classes.values, expected.to(dtype: .uint8).elements(UInt8.self)).count { $0 != $1 }
      #expect(differences <= 3)  // ties that rounding decides

      // An image of one of the sizes is taken as it is.
      let exact = self.photo(height: other.height, width: other.width)
      #expect(try Predictor(file).label(exact).classes == InferenceEngine(file, size: other).classes(of: exact))
      #expect(try Predictor(file).predict(photo).classes.size == photo.size)
    }
  }

  // MARK: - Refusals

  @Test func `an engine is for the sizes of the file`() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "net.rtseg")
      try Program(model("fastscnn"), sizes: [other], threads: 1).write(to: url)
      let file = try ProgramFile(contentsOf: url)
      #expect(throws: EngineError.size(expected: "64x96", found: "75x101")) { try InferenceEngine(file, size: size) }
    }
  }

  @Test func `damaged files and files of newer versions are refused`() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "net.rtseg")
      try Program(model("fastscnn"), sizes: [other], threads: 1).write(to: url)
      let bytes = try Data(contentsOf: url)
      var newer = bytes
      newer[8] = 3
      var damaged = bytes
      damaged[bytes.count - 1] ^= 1
      for (name, content, expected) in [
        ("half.rtseg", Data(bytes.prefix(bytes.count / 2)), "copy it again"),
        ("header.rtseg", Data(bytes.prefix(40)), "the file ends in its header"),
        ("newer.rtseg", newer, "has version 3 of the format"),
        ("damaged.rtseg", damaged, "checksum"),
        ("text.rtseg", Data("no network at all".utf8), "no file of a compiled network"),
      ] {
        let broken = folder.appending(path: name)
        try content.write(to: broken)
        let line = try #require(refusal(of: broken))
        #expect(line.contains(name) && line.contains(expected) && !line.contains("\n"), "\(line)")
      }
      let line = try #require(refusal(of: folder.appending(path: "nowhere.rtseg")))
      #expect(line.contains("nowhere.rtseg"), "\(line)")
    }
  }

  /// The line of `EngineError.program` for a file that cannot be opened.
  private func refusal(of file: URL) -> String? {
    do {
      _ = try ProgramFile(contentsOf: file)
      return nil
    } catch {
      guard case .program(let line) = error else { return "another error: \(error)" }
      return line
    }
  }

  /// A network whose scores go through the exponential function, which no kernel does alone.
  private final class Exponential: SegmentationModel {
    let conv = Conv2d(3, 4, kernel: 3, padding: 1)

    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
      SegmentationOutput(logits: conv(x).exp())
    }
  }

  @Test func `an operator without a kernel runs in memory and is named when a file is wanted`() throws {
    let network = Exponential()
    for (name, tensor) in network.namedState { Formula.fill(tensor, key: name, as: .bias) }
    let size = ImageSize(height: 20, width: 36)
    let image = Formula.input([1, 3, 20, 36])
    let expected = withoutGradients { network.eval()(image).logits }
    let engine = try InferenceEngine(network, size: size, options: InferenceOptions(threads: 2, output: .logits))
    for _ in 0..<2 {
      #expect(try (engine(image) - expected).abs().max().item <= 1e-5 * expected.abs().max().item)
    }
    let error = #expect(throws: EngineError.self) { try Program(network, sizes: [size]) }
    guard case .unsupported(let node, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(node.contains("exp"), "\(node)")
  }
}
