import SegmentationTraining
import Testing
import Torch

@Suite struct ConfusionMatrixTests {
  @Test func countsWhatTorchmetricsCounts() throws {
    let fixture = try TrainingFixture.read()
    let tensors = try TrainingFixture.tensors()
    let matrix = ConfusionMatrix(classes: 19)
    for index in 0..<2 {
      matrix.add(
        predictions: tensors["metric/logits\(index)"]!.argmax(dimension: 1), labels: tensors["metric/labels\(index)"]!)
    }
    #expect(matrix.elements == tensors["metric/confusion"]!.elements(Int64.self))
    let report = matrix.report(classNames: (0..<19).map(String.init), absentClasses: .zero)
    #expect(abs(report.meanIoU! - fixture.metric.mean) < 1e-6)
    for (found, expected) in zip(report.iou, fixture.metric.iou) { #expect(abs((found ?? 0) - expected) < 1e-6) }
  }
}
