import Foundation
import SegmentationImage
import Testing

@Suite struct PredictTests {
  let files: ProgramFolder

  init() throws {
    files = try ProgramFolder()
    try files.writeWeights(of: "fssnet", to: "weights.safetensors")
  }

  private func predict(_ input: String, to output: String, _ arguments: String...) throws -> Program.Result {
    try Program.run(
      [
        "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--threads", "1", "--input",
        files.path(input), "--output", files.path(output),
      ] + arguments)
  }

  @Test func imagesOfAnySizeAreLabelledAndOtherFilesCounted() throws {
    try files.writeImage("images/a.png")
    try Image(height: 50, width: 20, filledWith: RGB(9, 12, 200)).write(to: files.url.appending(path: "images/b.jpg"))
    try Data("no image".utf8).write(to: files.url.appending(path: "images/notes.txt"))
    try files.makeFolder("images/more")
    let result = try predict("images", to: "labels", "--save", "ids,color,overlay,probability")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errorLines.count == 1 && result.errors.contains("left out 1 folder and 1 .txt file"))
    #expect(result.errors.contains("--recursive takes the folders too"))
    #expect(files.tree("labels").count == 8)
    let ids = try Mask(contentsOf: files.url.appending(path: "labels/a_ids.png"))
    #expect(ids.size == ImageSize(height: 37, width: 61))
    let overlay = try Image(contentsOf: files.url.appending(path: "labels/b_overlay.png"))
    #expect(overlay.size == ImageSize(height: 50, width: 20))
  }

  // MARK: - Cityscapes' evaluation

  /// getPrediction in cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling looks for `berlin_000000_000019*.png`.
  @Test func labelIDsAreWrittenForCityscapesEvaluation() throws {
    let name = "berlin/berlin_000000_000019_leftImg8bit.png"
    try files.writeImage("test/\(name)")
    let plain = try predict("test", to: "classes", "--recursive")
    #expect(plain.status == 0, "\(plain.errors)")
    let result = try predict("test", to: "results", "--recursive", "--save", "cityscapes")
    #expect(result.status == 0, "\(result.errors)")
    #expect(files.tree("results") == [name])
    let classes = try Mask(contentsOf: files.url.appending(path: "classes/\(name)"))
    let labels = try Mask(contentsOf: files.url.appending(path: "results/\(name)"))
    let ids: [UInt8] = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    #expect(labels.size == ImageSize(height: 37, width: 61))
    #expect(labels.values == classes.values.map { ids[Int($0)] })
  }

  @Test func imagesAndClassesThatCityscapesEvaluationCannotTakeAreRefused() throws {
    for name in ["a.png", "berlin_000000_leftImg8bit.png", "berlin_0_000019.png", "_000000_000019.png"] {
      try files.writeImage(name)
      let result = try predict(name, to: "out", "--save", "cityscapes")
      #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
      #expect(result.errors.contains("\(name): --save cityscapes is for images with names such as"), "\(result.errors)")
    }
    try files.writeImage("ulm_000000_000019.png")
    let classes = try predict("ulm_000000_000019.png", to: "out", "--save", "cityscapes", "--dataset", "rellis-3d")
    #expect(classes.status == 1 && classes.errorLines.count == 1, "\(classes.errors)")
    #expect(classes.errors.contains("--save cityscapes: the network's class 'dirt' is no class of Cityscapes"))
    #expect(!FileManager.default.fileExists(atPath: files.path("out")))
    let video = try Program.run([
      "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--input",
      "rtsp://none/street",
      "--output", files.path("out"), "--save", "cityscapes",
    ])
    #expect(video.status == 64 && video.errors.contains("--save cityscapes is for images"), "\(video.errors)")
  }

  // MARK: - Results and inputs

  @Test(arguments: ["photos", "link", "photos/../photos"]) func photographsAreNotReplaced(output: String) throws {
    try files.writeImage("photos/a.png")
    try FileManager.default.createSymbolicLink(atPath: files.path("link"), withDestinationPath: "photos")
    let before = try Data(contentsOf: files.url.appending(path: "photos/a.png"))
    let result = try predict("photos", to: output)
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("would replace the input \(files.path("photos"))/a.png"), "\(result.errors)")
    #expect(try Data(contentsOf: files.url.appending(path: "photos/a.png")) == before)
    #expect(files.tree("photos") == ["a.png"])
  }

  @Test func twoImagesNeverShareAResult() throws {
    try files.writeImage("photos/a.png")
    try files.writeImage("photos/a.jpg")
    let result = try predict("photos", to: "out")
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("a.jpg and ") && result.errors.contains("would both be written to"))
    #expect(!FileManager.default.fileExists(atPath: files.path("out")))
  }

  @Test func anEarlierRunsResultsAreReplaced() throws {
    try files.writeImage("photos/a.jpg")
    for _ in 0..<2 { #expect(try predict("photos", to: "out").status == 0) }
    #expect(files.tree("out") == ["a.png"])
  }

  // MARK: - Images that cannot be labelled

  @Test func aBadImageDoesNotStopTheOthers() throws {
    for name in ["a.png", "b.png", "c.png"] { try files.writeImage("photos/\(name)") }
    let bad = files.url.appending(path: "photos/b.png")
    try Data(contentsOf: bad).dropLast(40).write(to: bad)
    let result = try predict("photos", to: "out")
    #expect(result.status == 1 && result.errorLines.count == 2, "\(result.errors)")
    #expect(result.errorLines[0].contains("photos/b.png: "))
    #expect(result.errorLines[1] == "rtseg: 1 of 3 images could not be labelled: b.png")
    #expect(files.tree("out") == ["a.png", "c.png"])
    #expect(result.output.contains("labelled 2 images"))

    let fast = try predict("photos", to: "fast", "--fail-fast")
    #expect(fast.status == 1 && fast.errorLines.count == 1 && fast.errors.contains("b.png"), "\(fast.errors)")
    #expect(files.tree("fast") == ["a.png"])
  }

  /// A large image in little memory is labelled in tiles, and a line says so.
  @Test(arguments: ["kernels", "eager"]) func aLargeImageDoesNotStopTheOthers(engine: String) throws {
    for name in ["small/a.png", "photos/a.png", "photos/c.png"] { try files.writeImage(name) }
    let large = Image(height: 1600, width: 2400, pixels: [UInt8](repeating: 80, count: 1600 * 2400 * 3))
    try large.write(to: files.url.appending(path: "photos/b.png"))
    func predict(_ input: String) throws -> Program.Result {
      try Program.shell(
        """
        cd '\(files.url.path)' && ulimit -v 1000000 && "$RTSEG" predict --model fssnet --checkpoint weights.safetensors \
          --threads 1 --input \(input) --output out --engine \(engine)
        """)
    }
    // With CUDA libtorch alone takes more.
    guard try predict("small").status == 0 else { return }
    let result = try predict("photos")
    #expect(result.status == 0 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("rtseg: a whole image of 1600x2400 needs about "), "\(result.errors)")
    #expect(result.errors.contains(" it is labelled in tiles of "))
    #expect(files.tree("out") == ["a.png", "b.png", "c.png"])
    #expect(try Mask(contentsOf: files.url.appending(path: "out/b.png")).size == large.size)
    // Tiles of that size do not fit either: an error of that image, no crash.
    let tiled = try predict("photos/b.png --tile 1600x2400")
    #expect(tiled.status == 1 && tiled.errorLines.count == 1, "\(tiled.errors)")
    #expect(tiled.errors.hasPrefix("rtseg: out of memory"), "\(tiled.errors)")
  }

  /// No image is labelled in vain.
  @Test func resultsThatCannotBeWrittenStopTheRun() throws {
    for name in ["a.png", "b.png"] { try files.writeImage("photos/\(name)") }
    try Data().write(to: files.url.appending(path: "file"))
    let result = try predict("photos", to: "file/out")
    #expect(
      result.status == 1 && result.errorLines.count == 1 && result.errors.contains("file/out"), "\(result.errors)")
  }

  /// The picture of 7x5 pixels is stored as 5x7; the other one is in the colors of print.
  @Test func imagesAreUprightAndOfAnyColors() throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "SegmentationImageTests/Fixtures")
    try files.makeFolder("photos")
    for name in ["orientation/6.jpg", "cmyk.jpg"] {
      let source = fixtures.appending(path: name)
      try FileManager.default.copyItem(
        at: source, to: files.url.appending(path: "photos/\(source.lastPathComponent)"))
    }
    for (orientation, size) in [
      ("apply", ImageSize(height: 7, width: 5)), ("ignore", ImageSize(height: 5, width: 7)),
    ] {
      let result = try predict("photos", to: orientation, "--exif-orientation", orientation)
      #expect(result.status == 0, "\(result.errors)")
      #expect(files.tree(orientation) == ["6.png", "cmyk.png"])
      #expect(try Mask(contentsOf: files.url.appending(path: "\(orientation)/6.png")).size == size)
    }
  }

  // MARK: - Folders

  @Test func foldersBehindLinksAreListedAndTreesKept() throws {
    for name in ["a.png", "north/a.png", "north/far/b.jpg"] { try files.writeImage("photos/\(name)") }
    try FileManager.default.createSymbolicLink(atPath: files.path("link"), withDestinationPath: "photos")
    let flat = try predict("link", to: "flat")
    #expect(flat.status == 0 && flat.errors.contains("1 folder"), "\(flat.errors)")
    #expect(files.tree("flat") == ["a.png"])
    // A link to a folder above does not lead in circles, and results of an earlier run are no images.
    try FileManager.default.createSymbolicLink(atPath: files.path("photos/north/up"), withDestinationPath: "..")
    for run in 0..<2 {
      let result = try predict("link", to: "photos/results", "--recursive")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("left out 3 images in") == (run == 1), "\(result.errors)")
      #expect(files.tree("photos/results") == ["a.png", "north/a.png", "north/far/b.png"])
    }
  }

  @Test func namesNeedNotBeUTF8() throws {
    try files.writeImage("a.png")
    let result = try Program.shell(
      """
      cd '\(files.url.path)' && mkdir "$(printf 'in\\351')" && cp a.png "$(printf 'in\\351/\\344.png')"
      "$RTSEG" predict --model fssnet --checkpoint weights.safetensors --threads 1 --input "$(printf 'in\\351')" \
        --output "$(printf 'out\\351')" && test -f "$(printf 'out\\351/\\344.png')" && test $(ls out* | wc -l) = 1
      """)
    #expect(result.status == 0 && result.output.contains("out\\xE9"), "\(result.output) \(result.errors)")
  }

  // MARK: - Options

  /// Probabilities come from the engine that gives the classes.
  @Test func probabilitiesKeepTheEngine() throws {
    for (index, color) in [RGB(90, 120, 30), RGB(200, 30, 90), RGB(20, 20, 160)].enumerated() {
      try files.writeImage("photos/\(index).png", color)
    }
    let arguments = ["--precision", "int8", "--calibration", files.path("photos"), "--agreement", "0.5"]
    for (output, save, more, how) in [
      ("ids", "ids", [], "(kernels, float32)"),
      ("kernels", "ids,probability", [], "(kernels, float32)"),
      ("eager", "ids,probability", ["--engine", "eager"], "(eager, float32)"),
      ("int8", "ids,probability", arguments, "(kernels, int8)"),
      ("bfloat16", "probability", ["--precision", "bfloat16"], "(kernels, bfloat16)"),
    ] {
      let result = try Program.run(
        [
          "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--threads", "1",
          "--input", files.path("photos"), "--output", files.path(output), "--save", save,
        ] + more)
      #expect(result.status == 0 && result.output.contains(how), "\(result.output) \(result.errors)")
    }
    func mask(_ name: String) throws -> Mask { try Mask(contentsOf: files.url.appending(path: name)) }
    for index in 0..<3 {
      #expect(try mask("ids/\(index).png") == mask("kernels/\(index)_ids.png"))
      let pairs = try zip(
        mask("kernels/\(index)_probability.png").values, mask("eager/\(index)_probability.png").values)
      #expect(pairs.allSatisfy { abs(Int($0) - Int($1)) <= 1 })
    }
  }

  /// Batches, and a tile as large as the image, change nothing; the protocol is told.
  @Test func tilesScalesAndBatches() throws {
    for (index, color) in [RGB(90, 120, 30), RGB(200, 30, 90), RGB(20, 20, 160)].enumerated() {
      try files.writeImage("photos/\(index).png", color)
    }
    try Image(height: 50, width: 20, filledWith: RGB(9, 12, 200)).write(to: files.url.appending(path: "photos/3.png"))
    func run(_ output: String, _ arguments: String...) throws -> Program.Result {
      let result = try Program.run(
        [
          "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--threads", "1",
          "--engine", "eager", "--input", files.path("photos"), "--output", files.path(output),
        ] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return result
    }
    func mask(_ name: String) throws -> Mask { try Mask(contentsOf: files.url.appending(path: name)) }
    _ = try run("single")
    _ = try run("batch", "--batch-size", "3")
    #expect(files.tree("batch") == ["0.png", "1.png", "2.png", "3.png"])
    let many = try run("many", "--tta", "--scale", "0.5,1", "--tile", "32x20")
    #expect(many.output.contains("(eager, float32; tiles of 32x20 that overlap by 25 %"), "\(many.output)")
    for index in 0..<4 {
      let (single, batch) = (try mask("single/\(index).png"), try mask("batch/\(index).png"))
      #expect(single.size == batch.size && zip(single.values, batch.values).count { $0 != $1 } <= 2)
      #expect(try mask("many/\(index).png").size == single.size)
    }
    let large = try predict("photos", to: "large", "--tile", "37x61")
    #expect(large.status == 1 && large.errorLines.count == 1, "\(large.errors)")
    #expect(large.errors.contains("3.png: a tile of 37x61 is larger than the image, which is 50x20"), "\(large.errors)")
    #expect(!FileManager.default.fileExists(atPath: files.path("large")))
  }

  @Test func optionsWithoutEffectAreRefused() throws {
    try files.writeImage("a.png")
    for (arguments, expected) in [
      (["--alpha", "0.5"], "--alpha is for overlays"),
      (["--agreement", "0.9"], "--agreement is for --precision int8"),
      (["--save", "ids,ids"], "--save: ids is there twice"),
      (["--save", ","], "--save: expected ids"),
      (["--save", "ids,cityscapes"], "--save: cityscapes is saved by itself"),
      (["--alpha", "2", "--save", "overlay"], "--alpha: expected 0 to 1, found 2.0"),
      (["--blend", "uniform"], "--overlap and --blend are for tiles"),
      (["--batch-size", "0"], "--batch-size: expected 1 to"),
      (["--threads", "0"], "--threads: expected 1 to"),
      (["--threads", "4611686018427387904"], "--threads: expected 1 to"),
    ] {
      let result = try Program.run(
        [
          "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--input",
          files.path("a.png"), "--output", files.path("out"),
        ] + arguments)
      #expect(result.status == 64 && result.errors.contains(expected), "\(arguments): \(result.errors)")
    }
    let file = try predict("a.png", to: "out", "--recursive")
    #expect(file.status == 1 && file.errors.contains("--recursive is for a folder"))
    #expect(!FileManager.default.fileExists(atPath: files.path("out")))
  }

  @Test func badPrecisionsAndCalibrationAreRefused() throws {
    try files.writeImage("picture.png")
    let picture = files.url.appending(path: "picture.png")
    let empty = files.url.appending(path: "empty")
    try files.makeFolder("empty")
    try Data("no image".utf8).write(to: empty.appending(path: "notes.txt"))
    let int8 = ["--precision", "int8"]
    let calibration = ["--calibration", files.url.path]
    for (arguments, status, expected) in [
      (["--precision", "float16"], 1, "float16 is for GPUs: choose float32, bfloat16 or int8 on the CPU"),
      (int8, 64, "--precision int8 needs --calibration, a folder of images"),
      (
        int8 + ["--calibration", empty.path], 1,
        "\(empty.path): no image (PNG, JPEG, TIFF, WebP or BMP) to calibrate on"
      ),
      (int8 + ["--calibration", files.path("none")], 1, "\(files.path("none")): no such folder"),
      (int8 + ["--calibration", picture.path], 1, "\(picture.path): no such folder"),
      (int8 + calibration + ["--agreement", "1.01"], 64, "--agreement: expected 0 to 1, found 1.01"),
      (int8 + calibration + ["--agreement=-0.5"], 64, "--agreement: expected 0 to 1, found -0.5"),
      (int8 + calibration + ["--agreement", "nan"], 64, "--agreement: expected 0 to 1, found nan"),
      (int8 + calibration + ["--engine", "eager"], 1, "int8 is for the engine kernels"),
      (calibration, 64, "--calibration is for --precision int8"),
    ] {
      let result = try Program.run(
        [
          "predict", "--model", "fssnet", "--checkpoint", files.path("none.pth"), "--input", picture.path, "--output",
          files.path("out"), "--device", "cpu",
        ] + arguments)
      #expect(result.status == status, "\(arguments): \(result.errors)")
      #expect(result.errorLines.filter { $0.contains(expected) }.count == 1, "\(arguments): \(result.errors)")
      if status == 1 { #expect(result.errorLines.count == 1, "\(result.errors)") }
    }
    #expect(!FileManager.default.fileExists(atPath: files.path("out")))
  }
}
