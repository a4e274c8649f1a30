import Torch

/// How much memory a network needs for the maps that live at the same time, by the size of its input.
public struct MemoryEstimate: Sendable {
  /// The number of bytes for each pixel of the input.
  public let bytesPerPixel: Double
  /// The number of bytes of the scores of all classes for each pixel, in float32.
  public let scoreBytes: Double

  /// Makes an estimate of known numbers.
  public init(bytesPerPixel: Double, scoreBytes: Double) {
    self.bytesPerPixel = bytesPerPixel
    self.scoreBytes = scoreBytes
  }

  /// Runs the network in evaluation mode on shapes alone, and adds up the maps that later operators still read.
  /// - Throws: `TorchError` if the network refuses the input.
  public init(_ model: SegmentationModel, precision: DType? = nil) throws {
    let size = model.sizes.padded(ImageSize(height: 512, width: 512))
    let wasTraining = model.isTraining
    model.eval()
    defer { model.train(wasTraining) }
    var scores = [0, 0]
    let (calls, weights) = try model.withShapesAlone {
      let image = Tensor.empty([1, model.imageChannels, size.height, size.width])
      let calls = try catchingTorchErrors {
        withoutGradients { recordOperators { scores = model.logits(image).shape } }
      }
      return (calls, Set(model.namedState.map(\.tensor.memoryIdentity)))
    }
    scoreBytes = 4 * Double(scores[1])
    var lastUse: [UInt: Int] = [:]
    for (index, call) in calls.enumerated() {
      for case let tensor? in call.inputs + call.outputs { lastUse[tensor.memoryIdentity] = index }
    }
    var live: [UInt: Int] = [:]
    var (current, peak) = (0, 0)
    for (index, call) in calls.enumerated() {
      for case let tensor? in call.inputs + call.outputs {
        let identity = tensor.memoryIdentity
        guard !weights.contains(identity), live[identity] == nil else { continue }
        let bytes = tensor.count * (tensor.dtype.isFloatingPoint ? precision ?? tensor.dtype : tensor.dtype).size
        live[identity] = bytes
        current += bytes
      }
      peak = max(peak, current)
      for case let tensor? in call.inputs + call.outputs where lastUse[tensor.memoryIdentity] == index {
        current -= live.removeValue(forKey: tensor.memoryIdentity) ?? 0
      }
    }
    // Convolutions need memory of their own beside their maps.
    bytesPerPixel = 1.5 * Double(peak) / Double(size.height * size.width)
  }

  /// The number of bytes for an image of a size.
  public func bytes(_ size: ImageSize) -> Double { bytesPerPixel * Double(size.height) * Double(size.width) }
}

extension InferenceProtocol {
  /// The protocol for an image, in tiles if the whole image would need more than half of the free memory, and a line that
  /// says so.
  /// - Parameter free: Bytes that are free; nil if that is not known: nothing changes then.
  public func fitting(
    _ size: ImageSize, estimate: MemoryEstimate, free: Int?
  ) -> (protocol: InferenceProtocol, note: String?) {
    guard tile == nil, let free else { return (self, nil) }
    func whole(_ size: ImageSize) -> Double { estimate.bytes(size) * largestArea }
    let limit = Double(free) / 2
    guard whole(size) > limit else { return (self, nil) }
    // The sums of the scores of a row of tiles, with a copy and the result.
    func band(_ tile: ImageSize) -> Double { 3 * estimate.scoreBytes * Double(tile.height) * Double(size.width) }
    var tile = size
    while whole(tile) + band(tile) > limit {
      let flatter = ImageSize(height: Self.half(tile.height), width: tile.width)
      let narrower = ImageSize(height: tile.height, width: Self.half(tile.width))
      let isTooHigh = band(tile) > limit / 2 || tile.height > tile.width
      let choices = (isTooHigh ? [flatter, narrower] : [narrower, flatter]).filter { $0 != tile }
      guard let next = choices.first else { break }
      tile = next
    }
    var tiled = self
    tiled.tile = tile
    func megabytes(_ bytes: Double) -> Int { Int((bytes / 1e6).rounded(.up)) }
    return (
      tiled,
      "a whole image of \(size.height)x\(size.width) needs about \(megabytes(whole(size))) MB of memory, and "
        + "\(megabytes(Double(free))) MB are free: it is labelled in tiles of \(tile.height)x\(tile.width), which changes the "
        + "result a little"
    )
  }

  /// Half of a side, rounded up to what most networks take without padding; never less than 128, or the whole side if that
  /// is less.
  private static func half(_ length: Int) -> Int { min(length, max(128, (length / 2 + 63) / 64 * 64)) }
}
