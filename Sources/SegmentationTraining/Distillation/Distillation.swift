import SegmentationModels
import Torch

/// Adds the difference from a teacher to the loss of a student.
final class Distillation {
  private let teacher: Teacher
  private let options: DistillationOptions
  /// A 1x1 convolution that gives the student's features as many channels as the teacher's have. It is trained with the
  /// student.
  let adapter: Conv2d?
  /// The student's features of the last pass, if features are compared.
  private var features: Tensor?

  init(
    _ options: DistillationOptions, teacher: Teacher, student: SegmentationModel, scores: Int, device: Device
  ) throws {
    self.options = options
    self.teacher = teacher
    guard options.compare == .features else {
      adapter = nil
      return
    }
    let channels = try teacher.watchFeatures(scores: scores)
    guard let name = try student.classifierName(scores: scores), let layer = student.convolution(named: name)
    else {
      throw TrainingError("distillation.compare: \(student.name) has no convolution as its classifier; use logits")
    }
    adapter = Conv2d(layer.inputs, channels, kernel: 1).to(device)
    layer.inputTap = InputTap { [unowned self] in features = $0 }
  }

  /// Adds the term `distillation`.
  /// - Parameters:
  ///   - images: The student's input.
  /// - output: The student's output for these images.
  func add(to loss: inout Loss, images: Tensor, output: SegmentationOutput, labels: Tensor) {
    let (scores, teacherFeatures) = teacher(images)
    defer { features = nil }
    var (student, target): (Tensor, Tensor)
    if let adapter, let features, let teacherFeatures {
      (student, target) = (adapter(features.to(dtype: .float32)), teacherFeatures)
    } else if options.kind == .channelWise {
      // As in the authors' code, scores are compared before they are resized to the image.
      (student, target) = (output.scores.coarse, scores.coarse)
    } else {
      (student, target) = (output.logits, scores.full)
    }
    student = student.to(dtype: .float32)
    target = target.to(dtype: .float32)
    let size = student.spatialSize
    if target.spatialSize != size { target = target.upsampleBilinear2d(size: size, alignCorners: true) }
    let term = options.kind(
      student: student, teacher: target, temperature: options.temperature, reduction: options.reduction,
      counted: options.unlabelledPixels ? nil : Self.labelled(labels, at: size))
    loss.add(term * options.coefficient, name: "distillation")
  }

  /// A mask that is 1 for each labelled pixel and 0 for the others: float32 [N, 1, h, w].
  private static func labelled(_ labels: Tensor, at size: ImageSize) -> Tensor {
    (resizedNearest(labels, to: size) .!= Double(ignoredLabel)).to(dtype: .float32).unsqueeze(1)
  }
}
