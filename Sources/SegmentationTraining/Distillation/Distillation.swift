import SegmentationModels
import Torch

/// Adds the difference from a teacher to the loss of a student.
final class Distillation {
  private let teacher: Teacher
  private let options: DistillationOptions
  private let comparison: Comparison
  /// The student's features of the last pass, if features are compared.
  private var features: Tensor?

  /// The maps that are compared, with the layers that bring the student's to the teacher's number of channels. These are
  /// trained with the student.
  private enum Comparison {
    case scores
    case features(Conv2d)
    case alignment(SemanticAlignment, SegFormerTeacher)
  }

  /// The layers that are trained with the student; `nil` if there are none.
  var adapter: Module? {
    switch comparison {
    case .scores: nil
    case .features(let adapter): adapter
    case .alignment(let alignment, _): alignment
    }
  }

  init(
    _ options: DistillationOptions, teacher: Teacher, student: SegmentationModel, scores: Int, device: Device
  ) throws {
    self.options = options
    self.teacher = teacher
    switch options.compare {
    case .logits: comparison = .scores
    case .features:
      let channels = try teacher.watchFeatures(scores: scores)
      guard let name = try student.classifierName(scores: scores), let layer = student.convolution(named: name) else {
        throw TrainingError("distillation.compare: \(student.name) has no convolution as its classifier; use logits")
      }
      comparison = .features(Conv2d(layer.inputs, channels, kernel: 1).to(device))
      layer.inputTap = InputTap { [unowned self] in features = $0 }
    case .alignment:
      guard let channels = student.alignmentChannels, let segFormer = teacher.segFormer else {
        fatalError("the options' checks refuse \(options.teacher ?? "") and \(student.name)")
      }
      comparison = .alignment(SemanticAlignment(student: channels, teacher: segFormer.channels).to(device), segFormer)
    }
  }

  /// Adds the term `distillation`.
  /// - Parameters:
  ///   - images: The student's input.
  ///   - output: The student's output for these images.
  func add(to loss: inout Loss, images: Tensor, output: SegmentationOutput, labels: Tensor) {
    let term: Tensor
    if case .alignment(let alignment, let segFormer) = comparison {
      guard let maps = output.alignment else { preconditionFailure("the student is not in training mode") }
      term = alignment(
        student: maps, teacher: teacher.alignmentMaps(of: images, by: segFormer), temperature: options.temperature,
        counted: { counted(labels, at: $0) }, decode: { teacher.decode($0, by: segFormer) })
    } else {
      term = difference(images: images, output: output, labels: labels)
    }
    loss.add(term * options.coefficient, name: "distillation")
  }

  /// The difference between the two networks' scores or features.
  private func difference(images: Tensor, output: SegmentationOutput, labels: Tensor) -> Tensor {
    let (scores, teacherFeatures) = teacher(images)
    defer { features = nil }
    var (student, target): (Tensor, Tensor)
    if case .features(let adapter) = comparison, let features, let teacherFeatures {
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
    return options.kind(
      student: student, teacher: target, temperature: options.temperature, reduction: options.reduction,
      counted: counted(labels, at: size))
  }

  /// A mask that is 1 for each labelled pixel and 0 for the others: float32 [N, 1, h, w]; `nil` if all pixels count.
  private func counted(_ labels: Tensor, at size: ImageSize) -> Tensor? {
    guard !options.unlabelledPixels else { return nil }
    return (resizedNearest(labels, to: size) .!= Double(ignoredLabel)).to(dtype: .float32).unsqueeze(1)
  }
}
