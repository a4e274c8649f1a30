import ArgumentParser
import Measurement
import SegmentationData
import SegmentationImage

/// Times the loader of training data with the reference's augmentation.
@main
struct Loader: ParsableCommand {
  @Option(help: "cityscapes or camvid.") var dataset = "camvid"
  @Option(help: "The data set's folder.") var root: String
  @Option var batch = 8
  @Option(help: "HEIGHTxWIDTH.") var crop = ImageSize(height: 360, width: 480)
  @Option var workers = 2
  @Option(help: "Batches that are timed.") var batches = 50
  @Option(help: "Batches before.") var warmup = 5
  @Option(help: "How often the random scale and the color jitter happen.") var probability = 0.5
  @Option(help: "The color jitter's largest shift of hue.") var hue = 0.2

  struct Report: Encodable {
    let engine = "rtseg"
    let imagesPerSecond: Double
    let cpuSeconds: Double
    let imagesPerCpuSecond: Double
    let images: Int
  }

  func validate() throws {
    guard batch > 0, batches > 0, warmup >= 0 else { throw ValidationError("counts must be positive") }
  }

  func run() throws {
    let dataset = try Dataset.open(kind: dataset, root: root)
    var options = DataOptions()
    options.workers = workers
    let loader = try DataLoader.training(
      dataset.samples(of: .train), labels: dataset.labels, batchSize: batch, seed: 1, options: options,
      augmentation: augmentation, channelsLast: true)
    for _ in 0..<warmup { try next(loader) }
    let cpuStart = ProcessUsage.cpuSeconds
    let wall = try seconds { for _ in 0..<batches { try next(loader) } }
    let cpu = ProcessUsage.cpuSeconds - cpuStart
    let images = batch * batches
    try printReport(
      Report(
        imagesPerSecond: Double(images) / wall, cpuSeconds: cpu, imagesPerCpuSecond: Double(images) / cpu,
        images: images))
  }

  /// Takes a batch, of the next epoch where one ends.
  private func next(_ loader: DataLoader) throws {
    if try loader.next() == nil { _ = try loader.next() }
  }

  private var augmentation: AugmentationOptions {
    var options = AugmentationOptions()
    options.scaleRange = -0.5...1
    options.scaleProbability = probability
    options.cropSize = crop
    options.brightness = 0.5
    options.contrast = 0.5
    options.saturation = 0.5
    options.hue = hue
    options.jitterProbability = probability
    options.horizontalFlip = 0.5
    return options
  }
}

extension ImageSize: @retroactive ExpressibleByArgument {}
