import Foundation
import SegmentationTraining
import TestSupport
import Testing

@Suite struct EventFileTests {
  /// Written by TensorBoard 2.21: RecordWriter(file).write(Event(...).SerializeToString(deterministic=True)) for each.
  private static let golden = """
    GAAAAAAAAACjf0siCQAAIED8VNlBGg1icmFpbi5FdmVudDoyKzUxEA8AAAAAAAAAbVMrCQkAAFBA/FTZQRAHOgIIAVGK+bZCAAAAAAAAAHnzbqoJAACA\
    QPxU2UEQrAIqNAoXChB0cmFpbi9sb3NzX3RvdGFsFQAAwD8KGQoSdmFsL0lvVV9jbHMvQsOkdW1lFQAAwH8PSIbVLgAAAAAAAADFy1f6CQAAwED8VNlB\
    EKwCKiAKHgoOc2FtcGxlIDEvaW5wdXQiDAgCEKwCGAMiAwEC/5LDwng7AAAAAAAAABojrFwJAAAAQfxU2UEqMAouCg1jb25maWd1cmF0aW9uQhMIBxIA\
    Qg0gICAgZXBvY2hzOiAzSggKBgoEdGV4dGHnNNQ=
    """

  @Test func `bytes are those that TensorBoard writes`() throws {
    try withTemporaryFolder { folder in
      func time(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_700_000_000 + seconds) }
      let file = try EventFile(in: folder, now: time(0.5))
      file.write(.start(step: 7), at: time(1.25))
      file.write(.numbers([("train/loss_total", 1.5), ("val/IoU_cls/Bäume", .nan)], step: 300), at: time(2))
      var image = Rtseg_Event()
      image.step = 300
      image.summary.value = [
        .with {
          $0.tag = "sample 1/input"
          $0.image = .with {
            ($0.height, $0.width, $0.colorSpace, $0.png) = (2, 300, 3, Data([1, 2, 255]))
          }
        }
      ]
      file.write(image, at: time(3))
      file.write(.text("    epochs: 3", name: "configuration", step: 0), at: time(4))
      try file.flush()
      #expect(try Data(contentsOf: file.url).base64EncodedString() == Self.golden)
    }
  }

  @Test func `each file of a folder comes after those before`() throws {
    try withTemporaryFolder { folder in
      let later = Date(timeIntervalSince1970: 1_700_000_000)
      let names = try [later, later, later - 5000].map { try EventFile(in: folder, now: $0).url.lastPathComponent }
      #expect(names == names.sorted() && Set(names).count == 3)
      #expect(names[0].hasPrefix("events.out.tfevents.1700000000."))
    }
  }

  @Test func `a folder that cannot be made is named`() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: folder.appending(path: "file"))
      let below = folder.appending(path: "file/below/it")
      let problem = message { _ = try EventFile(in: below) }
      #expect(problem?.contains("Not a directory") == true || problem?.contains("a file of this name") == true)
    }
  }
}
