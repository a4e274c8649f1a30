import SegmentationModels
import Testing
import Torch

/// Tiles, scales and mirrored images against PyTorch, mmsegmentation's counting and MONAI.
@Suite struct InferenceProtocolTests {
  private let tensors: StateDictionary

  init() throws { tensors = try EvaluationFixture.tensors() }

  private static let tile = ImageSize(height: 16, width: 20)
  private static let many = [0.5, 1, 1.5]

  private func scores(_ inference: InferenceProtocol) -> Tensor {
    let (image, weight) = (tensors["tiles/image"]!, tensors["tiles/weight"]!)
    var bands: [Tensor] = []
    var next = 0
    withoutGradients {
      inference.forEachBand(
        of: image.spatialSize, input: { image.slice($0.rows, dimension: 2).slice($0.columns, dimension: 3) },
        network: { $0.conv2d(weight: weight, padding: 2) }
      ) { rows, band in
        #expect(rows.lowerBound == next && band.size(2) == rows.count)
        next = rows.upperBound
        bands.append(band.clone())
      }
    }
    #expect(next == image.size(2))
    return cat(bands, dimension: 2)
  }

  @Test(arguments: [
    ("tiles/uniform", InferenceProtocol(tile: tile, blend: .uniform)),
    ("tiles/gaussian", InferenceProtocol(tile: tile)),
    ("tiles/many", InferenceProtocol(scales: many, flip: true)),
    ("tiles/tiled_many", InferenceProtocol(scales: many, flip: true, tile: tile, blend: .uniform)),
  ])
  func `tiles and scales give what the peers give`(name: String, inference: InferenceProtocol) {
    let difference = (scores(inference) - tensors[name]!).abs().max().item
    #expect(difference < 2e-5, "\(name): \(difference)")
  }

  @Test func `classes and their probabilities are those of the scores`() {
    let (image, weight) = (tensors["tiles/image"]!, tensors["tiles/weight"]!)
    for inference in [
      InferenceProtocol(), InferenceProtocol(tile: Self.tile), InferenceProtocol(scales: Self.many, flip: true),
    ] {
      let all = scores(inference)
      let probabilities = inference.givesProbabilities ? all : all.softmax(dimension: 1)
      let found = inference.label(image, size: image.spatialSize, wantsConfidence: true) {
        $0.conv2d(weight: weight, padding: 2)
      }
      #expect(found.classes.equals(all.argmax(dimension: 1)))
      #expect((found.confidence! - probabilities.max([1])).abs().max().item < 1e-6)
      // Labels of twice the size.
      let large = inference.label(image, size: image.spatialSize * 2, wantsConfidence: false) {
        $0.conv2d(weight: weight, padding: 2)
      }
      #expect(large.classes.shape == [1, 58, 82] && large.confidence == nil)
    }
  }

  @Test func `tiles that are larger than an image are told`() {
    let inference = InferenceProtocol(tile: ImageSize(height: 16, width: 64))
    #expect(inference.obstacle(for: ImageSize(height: 16, width: 64)) == nil)
    #expect(
      inference.obstacle(for: ImageSize(height: 29, width: 41))
        == "a tile of 16x64 is larger than the image, which is 29x41")
  }

  @Test func `the protocol is told in words`() {
    #expect("\(InferenceProtocol())" == "whole images")
    #expect(
      "\(InferenceProtocol(scales: [0.5, 1], flip: true, tile: ImageSize(height: 512, width: 1024), overlap: 0.5))"
        == "tiles of 512x1024 that overlap by 50 %, blended with gaussian weights; scales 0.5, 1; as they are and mirrored; "
        + "mean of the probabilities")
  }

  @Test func `images that need too much memory are tiled, and that is said`() throws {
    let estimate = MemoryEstimate(bytesPerPixel: 1000, scoreBytes: 76)
    let (same, none) = InferenceProtocol().fitting(
      ImageSize(height: 1000, width: 1000), estimate: estimate, free: 2_100_000_000)
    #expect(same.tile == nil && none == nil)
    #expect(
      InferenceProtocol().fitting(ImageSize(height: 9000, width: 9000), estimate: estimate, free: nil).protocol.tile
        == nil)
    let (tiled, note) = InferenceProtocol().fitting(
      ImageSize(height: 1000, width: 2000), estimate: estimate, free: 1_000_000_000)
    let tile = try #require(tiled.tile)
    #expect(tile.height * tile.width * 1000 + 3 * 76 * tile.height * 2000 < 500_000_000 && tile.height >= 256)
    #expect(
      note?.contains(
        "needs about 2000 MB of memory, and 1000 MB are free: it is labelled in tiles of \(tile.height)x\(tile.width)")
        == true)
    // However little there is, tiles have a smallest size.
    let (smallest, _) = InferenceProtocol().fitting(ImageSize(height: 100, width: 2000), estimate: estimate, free: 1)
    #expect(smallest.tile == ImageSize(height: 100, width: 128))
    // Larger scales need more, and a tile that was asked for stays.
    let scaled = InferenceProtocol(scales: [2]).fitting(
      ImageSize(height: 1000, width: 1000), estimate: estimate, free: 2_100_000_000)
    #expect(scaled.protocol.tile != nil)
    let fixed = InferenceProtocol(tile: ImageSize(height: 900, width: 900))
    #expect(fixed.fitting(ImageSize(height: 1000, width: 1000), estimate: estimate, free: 1).protocol == fixed)
    #expect(try #require(FreeMemory.bytes) > 0)
  }

  /// A network whose maps are known: ERFNet's largest live maps are within a factor of a few of its scores.
  @Test func `estimates grow with the network and leave its weights alone`() throws {
    let model = try Architecture(name: "fastscnn").makeModel(classes: 19).eval()
    let before = model.namedState.map { ($0.name, $0.tensor.identity, $0.tensor.device) }
    let small = try MemoryEstimate(model)
    let large = try MemoryEstimate(Architecture(name: "smp-unet-resnet18").makeModel(classes: 19))
    // Scores at full size alone take 19 numbers of 4 bytes for each pixel.
    #expect(small.bytesPerPixel > 76 && large.bytesPerPixel > small.bytesPerPixel)
    #expect(large.bytesPerPixel < 10_000)
    for (entry, old) in zip(model.namedState, before) {
      #expect(entry.tensor.identity == old.1 && entry.tensor.device == old.2)
    }
  }

  @Test func `a single score becomes the scores of two classes`() throws {
    let model = try Architecture(name: "fssnet").makeModel(classes: 1).eval()
    let image = Tensor.random([1, 3, 37, 41], device: .cpu)
    let one = withoutGradients { model.logits(image) }
    model.hasSingleScore = true
    let two = withoutGradients { model.logits(image) }
    #expect(one.shape == [1, 1, 37, 41] && two.shape == [1, 2, 37, 41])
    #expect(two.argmax(dimension: 1).equals((one.squeeze(1) .> 0).to(dtype: .int64)))
    let difference = two.softmax(dimension: 1).select(1, dimension: 1) - one.squeeze(1).sigmoid()
    #expect(difference.abs().max().item < 1e-6)
  }
}
