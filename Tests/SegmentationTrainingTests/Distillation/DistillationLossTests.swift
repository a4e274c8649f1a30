import Foundation
import SegmentationTraining
import Testing
import Torch

/// Against what PyTorch computed (`Tests/Fixtures/training/make_distillation.py`).
@Suite struct DistillationLossTests {
  static let cases = ["kl_div_elements", "kl_div_pixels", "kl_div_batch", "mse", "cwd"]

  @Test(arguments: cases, [false, true])
  func `values and gradients equal PyTorch's`(name: String, masked: Bool) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/training")
    let values = try JSONDecoder().decode(
      [String: Double].self, from: Data(contentsOf: folder.appending(path: "distillation.json")))
    let tensors = try StateDictionary(safetensors: folder.appending(path: "distillation.safetensors"))
    let parts = name.split(separator: "_").map(String.init)
    let kind = try #require(DistillationLoss(rawValue: name.hasPrefix("kl") ? "kl_div" : name))
    let reduction = DistillationLoss.Reduction(rawValue: parts.last ?? "") ?? .elements
    let student = try #require(tensors["student"]).clone()
    student.requiresGrad = true
    let loss = kind(
      student: student, teacher: try #require(tensors["teacher"]), temperature: 4, reduction: reduction,
      counted: masked ? tensors["counted"] : nil)
    let key = name + (masked ? "_masked" : "")
    let expected = try #require(values[key])
    #expect(abs(loss.item - expected) < 2e-6 * expected, "\(loss.item) instead of \(expected)")
    loss.backward()
    let gradient = try #require(tensors["\(key)/gradient"])
    let difference = (try #require(student.grad) - gradient).abs().max().item
    #expect(difference < 2e-6 * gradient.abs().max().item, "\(difference)")
  }

  @Test(arguments: DistillationLoss.allCases)
  func `without a labelled pixel the loss and its gradient are 0`(kind: DistillationLoss) throws {
    let student = Tensor([1, 2, 3, 4, 5, 6, 7, 8] as [Float], shape: [1, 2, 2, 2])
    student.requiresGrad = true
    let loss = kind(student: student, teacher: .ones([1, 2, 2, 2]), counted: .zeros([1, 1, 2, 2]))
    #expect(loss.item == 0)
    loss.backward()
    #expect(try #require(student.grad).abs().max().item == 0)
  }

  @Test func `one score is compared as two classes`() {
    let (student, teacher) = (
      Tensor([0.5, -1] as [Float], shape: [1, 1, 1, 2]), Tensor([2, 0.25] as [Float], shape: [1, 1, 1, 2])
    )
    let zeros = Tensor.zeros([1, 1, 1, 2])
    let single = DistillationLoss.klDivergence(student: student, teacher: teacher).item
    let double = DistillationLoss.klDivergence(student: cat([zeros, student]), teacher: cat([zeros, teacher])).item
    #expect(abs(single - double) < 1e-7 && single > 0)
  }
}
