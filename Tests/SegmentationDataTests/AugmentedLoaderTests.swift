import Foundation
import SegmentationData
import SegmentationImage
import TestSupport
import Testing

/// Transforms within the loader. Images are those of `TemporaryFolder`: a pixel's red is its sample's number, and its
/// green and blue are its place, from which its label follows, so that every pixel tells whether its label is its own.
@Suite struct AugmentedLoaderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func options(workers: Int = 2, _ change: (inout DataOptions) -> Void = { _ in }) -> DataOptions {
    var options = DataOptions()
    options.workers = workers
    options.cacheFolder = folder.path + "/cache"
    change(&options)
    return options
  }

  /// No transform at all; pixels come out as value / 255.
  private func augmentation(_ change: (inout AugmentationOptions) -> Void) -> AugmentationOptions {
    var options = AugmentationOptions()
    options.cropSize = ImageSize(height: 16, width: 24)
    options.horizontalFlip = 0
    (options.mean, options.std) = ([0, 0, 0], [1, 1, 1])
    change(&options)
    return options
  }

  private func loader(
    _ augmentation: AugmentationOptions, _ data: DataOptions? = nil, batchSize: Int = 4
  ) throws -> DataLoader {
    let dataset = Dataset.camVid(root: folder.path)
    return try .training(
      dataset.samples(of: .train), labels: dataset.labels, batchSize: batchSize, seed: 5, options: data ?? options(),
      augmentation: augmentation)
  }

  /// A sample as it comes out.
  private struct Output {
    let index: Int
    let size: ImageSize
    let pixels: [[Int]]
    let labels: [Int]
  }

  private func outputs(_ loader: DataLoader) throws -> [Output] {
    var outputs: [Output] = []
    while let batch = try loader.next() {
      let (height, width) = (batch.images.shape[2], batch.images.shape[3])
      let (values, labels): ([Float], [Int64]) = (batch.images.elements(), batch.labels.elements())
      let area = height * width
      for slot in 0..<batch.count {
        outputs.append(
          Output(
            index: batch.indices[slot], size: ImageSize(height: height, width: width),
            pixels: (0..<area).map { i in
              (0..<3).map { Int((values[(slot * 3 + $0) * area + i] * 255).rounded()) }
            },
            labels: labels[slot * area..<(slot + 1) * area].map { Int($0) }))
      }
    }
    return outputs
  }

  /// The label that belongs to a pixel.
  private func label(_ pixel: [Int]) -> Int {
    if pixel == [114, 114, 114] { return 255 }
    let label = (pixel[0] + pixel[1] / 64 + pixel[2] / 64) % 11
    return label
  }

  private var everything: AugmentationOptions {
    augmentation {
      $0.scaleRange = -0.3...0.5
      $0.horizontalFlip = 0.5
      ($0.brightness, $0.hue) = (0.3, 0.1)
      ($0.affine, $0.rotation, $0.perspective) = (Affine(), Rotation(), Perspective())
      ($0.crop, $0.mosaic, $0.copyPaste) = (CropChoice(), Mosaic(), CopyPaste())
      ($0.photometric, $0.blur, $0.cutout) = (PhotometricDistortion(), GaussianBlur(), CutOut())
    }
  }

  @Test(arguments: [Padding.constant, .reflect])
  func batchesDependNeitherOnWorkersNorOnWhereARunGoesOn(padding: Padding) throws {
    try folder.makeCamVid(count: 13)
    var augmentation = everything
    augmentation.padding = padding
    func epochs(workers: Int, from position: LoaderPosition = LoaderPosition()) throws -> [DataLoaderTests.Content] {
      let loader = try loader(augmentation, options(workers: workers) { $0.rareClassSampling = RareClassSampling() })
      loader.seek(to: position)
      var contents: [DataLoaderTests.Content] = []
      for _ in position.epoch..<3 { while let batch = try loader.next() { contents.append(.init(batch)) } }
      return contents
    }
    let expected = try epochs(workers: 0)
    #expect(expected.count == 9)
    #expect(expected[0] != expected[3])
    for workers in [1, 4] { #expect(try epochs(workers: workers) == expected) }
    #expect(try epochs(workers: 3, from: LoaderPosition(epoch: 1, batch: 2)) == Array(expected[5...]))
  }

  @Test func aSampleThatComesAgainIsChangedInAnotherWay() throws {
    try folder.makeCamVid(count: 8) { _ in ImageSize(height: 48, width: 64) }
    // Only sample 5 shows the rarest class, which is drawn nearly always.
    for number in 0..<8 {
      var mask = Mask(height: 48, width: 64)
      if number == 5 { mask[12, 12] = 10 }
      try mask.write(to: URL(filePath: "\(folder.path)/trainannot/00\(number).png"))
    }
    let data = options {
      $0.rareClassSampling = RareClassSampling()
      $0.rareClassSampling!.temperature = 0.001
    }
    let outputs = try outputs(loader(augmentation { _ in }, data))
    #expect(outputs.map(\.index) == [Int](repeating: 5, count: 8))
    #expect(Set(outputs.map(\.pixels)).count == 8)
  }

  @Test func newTransformsDoNotMoveTheNumbersOfOthers() {
    let size = ImageSize(height: 200, width: 300)
    var plain = everything
    (plain.affine, plain.rotation, plain.perspective, plain.crop) = (nil, nil, nil, nil)
    let (with, without) = (SampleTransform.training(everything), SampleTransform.training(plain))
    for index in 0..<20 {
      let first = with.plan(for: size, seed: 3, epoch: 1, index: index, tries: 5)
      let second = without.plan(for: size, seed: 3, epoch: 1, index: index)
      #expect(second.image.distortion == nil)
      var undistorted = first.image
      undistorted.distortion = nil
      #expect(undistorted == second.image)
      #expect(first.colors == second.colors)
    }
  }

  @Test func aMosaicsQuartersAreSamplesWithTheirLabels() throws {
    try folder.makeCamVid(count: 9)
    let augmentation = augmentation {
      $0.mosaic = Mosaic()
      $0.mosaic!.probability = 1
    }
    let transform = SampleTransform.training(augmentation)
    var numbers: Set<Int> = []
    for output in try outputs(loader(augmentation)) {
      let tiles = transform.mosaic(count: 9, seed: 5, epoch: 0, index: output.index)
      #expect(tiles.count == 4 && tiles[0].sample == output.index)
      #expect(tiles.map(\.rectangle.size.area).reduce(0, +) == 16 * 24)
      for tile in tiles {
        let (rectangle, size) = (tile.rectangle, tile.rectangle.size)
        for y in rectangle.y..<rectangle.y + size.height {
          for x in rectangle.x..<rectangle.x + size.width {
            let pixel = output.pixels[y * 24 + x]
            #expect(pixel[0] == tile.sample)
            #expect(output.labels[y * 24 + x] == label(pixel))
          }
        }
        numbers.insert(tile.sample)
      }
    }
    #expect(numbers.count > 6)
  }

  @Test func onlyThePixelsOfChosenClassesArePasted() throws {
    try folder.makeCamVid(count: 8)
    let names = Dataset.camVid(root: folder.path).labels.names
    let augmentation = augmentation {
      $0.copyPaste = CopyPaste()
      ($0.copyPaste!.probability, $0.copyPaste!.classes) = (1, [names[2], names[5]])
    }
    var pasted = 0
    for output in try outputs(loader(augmentation)) {
      for (pixel, found) in zip(output.pixels, output.labels) {
        #expect(found == label(pixel))
        if pixel[0] != output.index {
          #expect([2, 5].contains(found))
          pasted += 1
        }
      }
    }
    #expect(pasted > 200)
  }

  @Test func theRarestClassesArePastedIfNoneAreNamed() throws {
    try folder.makeCamVid(count: 4)
    // A single pixel of class 10 in sample 3 is the rarest that there is.
    for number in 0..<4 {
      var mask = Mask(height: 24, width: 32)
      for i in 0..<24 * 16 { mask.values[i] = 1 }
      if number == 3 { mask[12, 12] = 10 }
      try mask.write(to: URL(filePath: "\(folder.path)/trainannot/00\(number).png"))
    }
    let augmentation = augmentation {
      $0.cropSize = ImageSize(height: 24, width: 32)
      $0.copyPaste = CopyPaste()
      ($0.copyPaste!.probability, $0.copyPaste!.rarest) = (1, 1)
    }
    for output in try outputs(loader(augmentation)) {
      #expect(output.labels[12 * 32 + 12] == 10)
      #expect(output.pixels[12 * 32 + 12] == [3, 96, 96])
      #expect(output.pixels.count { $0[0] == 3 } == (output.index == 3 ? 24 * 32 : 1))
    }
  }

  @Test(arguments: [CutOut.Labels.ignored, .kept]) func cutOutCoversPixelsAndTheirLabels(kind: CutOut.Labels) throws {
    try folder.makeCamVid(count: 8)
    let augmentation = augmentation {
      $0.cutout = CutOut()
      ($0.cutout!.probability, $0.cutout!.count, $0.cutout!.size, $0.cutout!.labels) = (1, 3, 0.2...0.5, kind)
    }
    let transform = SampleTransform.training(augmentation)
    var covered = 0
    for output in try outputs(loader(augmentation)) {
      let holes = transform.effects(seed: 5, epoch: 0, index: output.index).holes
      #expect((1...3).contains(holes.count))
      for (i, pixel) in output.pixels.enumerated() {
        let isCovered = holes.contains { hole in
          (hole.x..<hole.x + hole.size.width).contains(i % 24)
            && (hole.y..<hole.y + hole.size.height).contains(i / 24)
        }
        #expect((pixel == [114, 114, 114]) == isCovered)
        #expect((output.labels[i] == 255) == (isCovered && kind == .ignored))
        covered += isCovered ? 1 : 0
      }
    }
    #expect(covered > 0)
  }

  @Test func cropsOfOneClassAreRareIfChosen() throws {
    try folder.makeCamVid(count: 40) { _ in ImageSize(height: 48, width: 64) }
    // A small square in a plain of one class: few crops show both.
    for number in 0..<40 {
      var mask = Mask(height: 48, width: 64)
      for y in 20..<28 { for x in 28..<36 { mask[x, y] = 1 } }
      try mask.write(to: URL(filePath: folder.path + String(format: "/trainannot/%03d.png", number)))
    }
    func mixedCrops(_ choice: CropChoice?) throws -> Int {
      let augmentation = augmentation {
        $0.cropSize = ImageSize(height: 10, width: 10)
        $0.crop = choice
      }
      return try outputs(loader(augmentation)).count { output in
        let largest = [0, 1].map { id in output.labels.count { $0 == id } }.max()!
        return Double(largest) < 0.75 * 100
      }
    }
    let (without, with) = (try mixedCrops(nil), try mixedCrops(CropChoice()))
    // By chance about 5 % of the crops; within ten tries about 40 %.
    #expect(without <= 6 && with >= 9, "\(without) of 40 without choice, \(with) with")
  }

  @Test(arguments: [true, false]) func badPartnersAreReplacedOrRefused(isMosaic: Bool) throws {
    try folder.makeCamVid(count: 6)
    let bad = folder.path + "/train/004.png"
    let augmentation = augmentation {
      if isMosaic {
        $0.mosaic = Mosaic()
        $0.mosaic!.probability = 1
      } else {
        $0.copyPaste = CopyPaste()
        ($0.copyPaste!.probability, $0.copyPaste!.rarest) = (1, 11)
      }
    }
    // The mask is whole, so that the classes can be counted.
    try Data("junk".utf8).write(to: URL(filePath: bad))
    // Refused also where it is not a batch's own sample.
    let strict = try loader(augmentation, batchSize: 1)
    var errors: [String] = []
    for epoch in 0..<10 {
      for (batch, index) in ShuffledSampler(count: 6, seed: 5).order(epoch: epoch).enumerated() where index != 4 {
        strict.seek(to: LoaderPosition(epoch: epoch, batch: batch))
        if let error = message({ _ = try strict.next() }) { errors.append(error) }
      }
    }
    #expect(!errors.isEmpty && errors.allSatisfy { $0.hasPrefix(bad) }, "\(errors)")
    func all(workers: Int) throws -> [[[Int]]] {
      let loader = try loader(augmentation, options(workers: workers) { $0.skipBadFiles = true })
      var outputs: [Output] = []
      for _ in 0..<3 { outputs += try self.outputs(loader) }
      #expect(outputs.allSatisfy { $0.pixels.allSatisfy { $0[0] != 4 } })
      #expect(loader.skippedFiles == [bad])
      return outputs.map(\.pixels)
    }
    #expect(try all(workers: 0) == all(workers: 3))
  }

  @Test func optionsThatMakeNoSenseAreRefusedByKey() throws {
    func check<Section>(
      _ key: String, _ section: WritableKeyPath<AugmentationOptions, Section?>, _ value: Section,
      _ change: (inout Section) -> Void
    ) {
      var changed = value
      change(&changed)
      let options = augmentation { $0[keyPath: section] = changed }
      let found = message { try options.validate() } ?? "none"
      #expect(found.hasPrefix("\(key): expected"), "\(found)")
    }
    check("rotation.degrees", \.rotation, Rotation()) { $0.degrees = 181 }
    check("rotation.probability", \.rotation, Rotation()) { $0.probability = .nan }
    check("affine.scale", \.affine, Affine()) { $0.scale = 0...1 }
    check("affine.translate", \.affine, Affine()) { $0.translate = -0.1 }
    check("affine.shear", \.affine, Affine()) { $0.shear = 90 }
    check("perspective.strength", \.perspective, Perspective()) { $0.strength = 0.5 }
    check("crop.category_share", \.crop, CropChoice()) { $0.categoryShare = 0 }
    check("crop.tries", \.crop, CropChoice()) { $0.tries = 0 }
    check("mosaic.center", \.mosaic, Mosaic()) { $0.center = 0.5...1.5 }
    check("copy_paste.rarest", \.copyPaste, CopyPaste()) { $0.rarest = 0 }
    check("photometric.contrast", \.photometric, PhotometricDistortion()) { $0.contrast = -1...1 }
    check("photometric.hue", \.photometric, PhotometricDistortion()) { $0.hue = 91 }
    check("blur.sigma", \.blur, GaussianBlur()) { $0.sigma = 0...1e9 }
    check("cutout.count", \.cutout, CutOut()) { $0.count = 0 }
    check("cutout.size", \.cutout, CutOut()) { $0.size = 0...0.5 }
    try everything.validate()
    try folder.makeCamVid(count: 4)
    let unknown = augmentation {
      $0.copyPaste = CopyPaste()
      $0.copyPaste!.classes = ["unicorn"]
    }
    let error = message { _ = try loader(unknown) }
    #expect(error?.hasPrefix("augmentation.copy_paste.classes: expected names of the data set's classes (") == true)
    #expect(error?.hasSuffix("found unicorn") == true)
  }
}
