import Foundation
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing

/// Runs as TensorBoard reads them.
@Suite(.serialized) struct TensorBoardTests {
  private struct Found: Decodable {
    struct Picture: Decodable {
      let step: Int
      let width: Int
      let height: Int
      let png: Data
    }
    let scalars: [String: [Point]]
    let images: [String: [Picture]]
    let texts: [String: String]

    struct Point: Decodable {
      let step: Int
      let value: Double?
    }
  }

  private static let script = """
    import base64, json, math, sys
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    print(json.dumps({
        "scalars": {tag: [{"step": e.step, "value": e.value if math.isfinite(e.value) else None}
                          for e in events.Scalars(tag)] for tag in tags["scalars"]},
        "images": {tag: [{"step": e.step, "width": e.width, "height": e.height,
                          "png": base64.b64encode(e.encoded_image_string).decode()}
                         for e in events.Images(tag)] for tag in tags["images"]},
        "texts": {tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode() for tag in tags["tensors"]},
    }))
    """

  private func read(_ folder: URL) throws -> Found {
    try TrackerPython.json(Self.script, folder.path, as: Found.self)
  }

  @Test(.enabled(if: TrackerPython.isThere, "TensorBoard is not there: make setup-trackers"))
  func `TensorBoard finds each step once, the scores, and the images`() throws {
    let run = try TrackedRun()
    run.options.logging.images = 1
    let first = try run.trainer()
    let recorder = TrackedRun.Recorder()
    first.observers.append(recorder)
    first.shouldStop = { $0 == .step(3) }
    #expect(try first.run().wasInterrupted)
    // As if the process had been killed later: the run goes on from an old checkpoint, twice.
    let checkpoint = run.folder.appending(path: "run/last.pth")
    let saved = try Data(contentsOf: checkpoint)
    let second = try run.trainer(resume: true)
    second.shouldStop = { $0 == .step(6) }
    _ = try second.run()
    try saved.write(to: checkpoint)
    let third = try run.trainer(resume: true)
    third.observers.append(recorder)
    _ = try third.run()
    let folder = run.folder.appending(path: "run/tensorboard")
    #expect(try files(in: folder).count == 3)

    let found = try read(folder)
    let total = try #require(found.scalars["train/loss_total"])
    #expect(total.map(\.step) == Array(1...8))
    for point in total { #expect(Float(point.value!) == Float(recorder.losses[point.step]!), "step \(point.step)") }
    let steps = try run.rows.filter(\.isStep)
    let parts = try #require(steps.first?.lossParts)
    #expect(parts.keys.sorted() == ["ce", "dice"])
    for name in parts.keys {
      let points = try #require(found.scalars["train/loss_\(name)"])
      #expect(points.map { Float($0.value!) } == steps.map { Float($0.lossParts![name]!) })
    }
    #expect(
      found.scalars["train/learning_rate"]?.map { Float($0.value!) } == steps.map { Float($0.learningRate!) })
    for name in ["images_per_second", "data_seconds", "step_seconds", "memory_gigabytes"] {
      #expect(found.scalars["speed/\(name)"]?.count == 8, "\(name)")
    }
    let validations = try run.rows.filter { $0.meanIoU != nil }
    #expect(found.scalars["val/mIoU"]?.map(\.step) == [4, 8])
    #expect(found.scalars["val/mIoU"]?.map { Float($0.value!) } == validations.map { Float($0.meanIoU!) })
    for (name, score) in try #require(validations.last?.classIoU) {
      #expect(found.scalars["val/IoU_cls/\(name)"]?.last?.value.map { Float($0) } == Float(score), "\(name)")
    }
    #expect(found.texts["configuration"]?.contains("    epochs: 2\n") == true, "\(found.texts)")
    try expectPictures(found, run)
  }

  private func expectPictures(_ found: Found, _ run: TrackedRun) throws {
    #expect(found.images.keys.sorted() == ["sample 1/input", "sample 1/label", "sample 1/prediction"])
    #expect(found.images["sample 1/prediction"]?.map(\.step) == [4, 8])
    let dataset = try Dataset.open(run.options.data)
    let sample = try #require(dataset.samples(of: .val).first)
    let input = try picture(found, "sample 1/input", run)
    let image = try Image(contentsOf: URL(filePath: sample.image))
    #expect(input.size == image.size)
    let difference = zip(input.pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max()
    #expect(difference! <= 1)
    let colors = Set(dataset.labels.classes.map(\.color)).union([.black])
    for name in ["label", "prediction"] {
      let picture = try picture(found, "sample 1/\(name)", run)
      #expect(picture.size == image.size)
      let pixels = stride(from: 0, to: picture.pixels.count, by: 3).map {
        RGB(picture.pixels[$0], picture.pixels[$0 + 1], picture.pixels[$0 + 2])
      }
      #expect(Set(pixels).isSubset(of: colors) && Set(pixels).count > (name == "label" ? 3 : 0), "\(name)")
    }
  }

  private func picture(_ found: Found, _ name: String, _ run: TrackedRun) throws -> Image {
    let picture = try #require(found.images[name]?.last)
    let file = run.folder.appending(path: "picture.png")
    try picture.png.write(to: file)
    let image = try Image(contentsOf: file)
    #expect(image.width == picture.width && image.height == picture.height)
    return image
  }

  @Test func `a run without TensorBoard has no folder for it`() throws {
    let run = try TrackedRun()
    run.options.logging.tensorboard = false
    run.options.epochs = 1
    _ = try run.trainer().run()
    #expect(try !files(in: run.folder.appending(path: "run")).contains("tensorboard"))
  }

  @Test func `a folder that cannot be written is refused before the data is read`() throws {
    let run = try TrackedRun()
    run.options.data.root = "/nowhere"
    let blocked = run.folder.appending(path: "file")
    try Data().write(to: blocked)
    run.options.logging.tensorboardFolder = blocked.path + "/below"
    let problem = message { _ = try run.trainer() }
    #expect(problem?.hasPrefix("logging.tensorboard_folder: cannot write into ") == true, "\(problem ?? "none")")
    #expect(problem?.contains("--no-tensorboard") == true && problem?.contains("\n") == false)
    #expect(!FileManager.default.fileExists(atPath: run.options.output))
  }
}
