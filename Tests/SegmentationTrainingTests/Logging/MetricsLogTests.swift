import Foundation
import SegmentationTraining
import TestSupport
import Testing

@Suite struct MetricsLogTests {
  let folder: TemporaryFolder
  let log: MetricsLog

  init() throws {
    folder = try TemporaryFolder()
    log = MetricsLog(folder.url.appending(path: "metrics.jsonl"))
  }

  private var text: String {
    get throws { try String(contentsOf: log.url, encoding: .utf8) }
  }

  private func row(_ step: Int, loss: Double? = nil) -> MetricsRow {
    var row = MetricsRow(epoch: 1, step: step)
    row.loss = loss
    return row
  }

  @Test func `rows are JSON objects, one a line`() throws {
    var validation = MetricsRow(epoch: 2, step: 10)
    validation.meanIoU = 0.5
    validation.classesInMean = 9
    validation.classIoU = ["traffic light": 0.25]
    try log.append(row(9, loss: 0.1))
    try log.append(validation)
    // json.loads takes each line
    #expect(
      try text == """
        {"epoch":1,"loss":0.1,"step":9}
        {"class_iou":{"traffic light":0.25},"classes_in_mean":9,"epoch":2,"mean_iou":0.5,"step":10}

        """)
    #expect(try log.rows() == [row(9, loss: 0.1), validation])
  }

  @Test func `rows of single steps say so`() throws {
    var step = row(50, loss: 0.5)
    step.isStep = true
    step.lossParts = ["ce": 0.25, "aux1": 0.25]
    step.imagesPerSecond = 8
    step.dataSeconds = 0.5
    step.stepSeconds = 1
    try log.append(step)
    try log.append(row(50, loss: 0.75))
    #expect(
      try text == """
        {"data_seconds":0.5,"epoch":1,"images_per_second":8,"kind":"step","loss":0.5,"loss_parts":{"aux1":0.25,"ce":0.25},\
        "step":50,"step_seconds":1}
        {"epoch":1,"loss":0.75,"step":50}

        """)
    #expect(try log.rows() == [step, row(50, loss: 0.75)])
  }

  @Test func `a loss that diverged is kept`() throws {
    try log.append(row(1, loss: .infinity))
    try log.append(row(2, loss: .nan))
    let losses = try log.rows().map(\.loss)
    #expect(losses[0] == .infinity)
    #expect(losses[1]?.isNaN == true)
  }

  @Test func `resuming drops later rows and a line cut short`() throws {
    for step in 1...5 { try log.append(row(step)) }
    let whole = try text
    try Data((whole + "{\"epoch\":1,\"st").utf8).write(to: log.url)
    #expect(try log.rows().map(\.step) == [1, 2, 3, 4, 5])
    try log.truncate(afterStep: 3)
    try log.append(row(4, loss: 2))
    #expect(try log.rows() == [row(1), row(2), row(3), row(4, loss: 2)])
    #expect(try folder.files == ["metrics.jsonl"])
  }

  @Test func `no file is no rows`() throws {
    #expect(try log.rows().isEmpty)
    try log.truncate(afterStep: 3)
    #expect(try folder.files.isEmpty)
  }

  @Test func `a broken line is named`() throws {
    try Data(("{\"epoch\":1,\"step\":1}\nhello\n").utf8).write(to: log.url)
    let error = #expect(throws: RunFolderError.self) { try log.rows() }
    #expect(error?.description.hasPrefix("\(log.url.relativePath):2: not a line of metrics") == true)
  }
}
