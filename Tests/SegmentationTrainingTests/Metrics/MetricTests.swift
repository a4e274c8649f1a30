import SegmentationTraining
import Testing
import Torch

@Suite struct MetricTests {
  private let fixture: EvaluationFixture
  private let tensors: StateDictionary

  init() throws {
    fixture = try .read()
    tensors = try EvaluationFixture.tensors()
  }

  private func tensor(_ name: String) -> Tensor { tensors[name]! }

  private func classes(_ name: String) -> Tensor { tensor(name).to(dtype: .int64).unsqueeze(0) }

  private func addBoundaries(to metric: any Metric, _ indices: Range<Int> = 0..<2) {
    for index in indices {
      metric.update(
        predictions: Predictions(classes: classes("boundary/found\(index)")), labels: classes("boundary/labels\(index)")
      )
    }
  }

  @Test func `boundary IoU is that of masks eroded by OpenCV`() throws {
    let metric = BoundaryIoU(classes: 3)
    addBoundaries(to: metric)
    let result = metric.results(.skip)[0]
    #expect(abs(try #require(result.value) - fixture.boundaryIoU.mean) < 1e-12)
    for (value, expected) in zip(try #require(result.classes), fixture.boundaryIoU.classes) {
      #expect(abs(try #require(value) - expected) < 1e-12)
    }
  }

  @Test func `perfect predictions have a boundary IoU of 1, whatever lies under unlabelled pixels`() throws {
    let labels = classes("boundary/labels0")
    let metric = BoundaryIoU(classes: 4)
    let found = `where`(labels .== 255, labels * 0, labels)
    metric.update(predictions: Predictions(classes: found), labels: labels)
    #expect(metric.results(.skip)[0].value == 1)
    #expect(metric.results(.zero)[0].value == 0.75)
    #expect(BoundaryIoU(classes: 4).results(.skip)[0].value == nil)
  }

  @Test func `the calibration error is torchmetrics'`() throws {
    let probabilities = tensor("calibration/logits").softmax(dimension: 1)
    let best = probabilities.maxWithIndices(dimension: 1)
    let metric = CalibrationError(classes: 3)
    metric.update(
      predictions: Predictions(classes: best.indices, confidence: best.values),
      labels: tensor("calibration/labels").to(dtype: .int64))
    #expect(abs(try #require(metric.results(.skip)[0].value) - fixture.calibrationError) < 1e-7)
    #expect(CalibrationError(classes: 3).results(.skip)[0].value == nil)
  }

  @Test func `merged and restored metrics equal those that saw everything`() throws {
    let names = MetricSet.optionalNames
    func set(_ indices: Range<Int>) throws -> MetricSet {
      let set = try MetricSet(names, classes: 3, device: .cpu)
      for index in indices {
        let labels = classes("boundary/labels\(index)")
        let confidence = Tensor.full(labels.shape, 0.25 + 0.5 * Double(index), device: .cpu)
        set.update(
          predictions: Predictions(classes: classes("boundary/found\(index)"), confidence: confidence), labels: labels)
      }
      return set
    }
    let (whole, first, second) = (try set(0..<2), try set(0..<1), try set(1..<2))
    first.merge(second)
    let restored = try MetricSet(names, classes: 3, device: .cpu)
    try restored.load(first.state)
    for metric in zip(whole.metrics, restored.metrics) {
      #expect(metric.0.results(.skip) == metric.1.results(.skip))
      #expect(metric.0.results(.skip).allSatisfy { $0.value != nil })
    }
    let other = try MetricSet(names, classes: 4, device: .cpu)
    #expect(throws: StateMismatch.self) { try other.load(first.state) }
    #expect(other.metrics[1].results(.skip)[0].value == nil)
  }

  @Test func `names that are not there are told with those that are`() {
    #expect(
      "\(MetricError.unknownMetric("miou"))" == "expected metrics out of boundary_iou, calibration_error, found miou")
    #expect(throws: MetricError.unknownMetric("miou")) { try MetricSet(["miou"], classes: 2, device: .cpu) }
    #expect(throws: MetricError.notComputed(score: "boundary_iou", metric: "boundary_iou")) {
      try MetricSet.checkScore("boundary_iou", metrics: [])
    }
    #expect(throws: Never.self) { try MetricSet.checkScore("boundary_iou", metrics: ["boundary_iou"]) }
    // Keys of a row of metrics never clash.
    let names = MetricSet.scores.flatMap { [$0.name] + ($0.byClass.map { [$0.name] } ?? []) }
    #expect(Set(names).count == names.count && !names.contains("loss"))
  }
}
