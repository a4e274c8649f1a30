import SegmentationModels
import Torch

/// The semantic information alignment of SCTNet's authors: a student's maps learn to equal those of a SegFormer, also by what
/// SegFormer's decoder makes of them.
///
/// Xu et al. 2023, https://arxiv.org/abs/2312.17071
package final class SemanticAlignment: Module {
  /// 1x1 convolutions that give the student's maps as many channels as the teacher's have. They begin as PyTorch's do, since
  /// the authors' code means to initialize them otherwise but does not.
  let joined: Conv2d
  let sixteenth: Conv2d
  let deepest: Conv2d

  /// Makes the convolutions for the channels of both networks' maps, with random weights.
  package init(student: AlignmentMaps<Int>, teacher: AlignmentMaps<Int>) {
    joined = Conv2d(student.joined, teacher.joined, kernel: 1)
    sixteenth = Conv2d(student.sixteenth, teacher.sixteenth, kernel: 1)
    deepest = Conv2d(student.deepest, teacher.deepest, kernel: 1)
  }

  /// The difference from the teacher: the scores' channel-wise divergence, and five times those of the features and of the
  /// maps at 1/16 and 1/32. Three times this is the authors' loss.
  /// - Parameters:
  ///   - student: The student's maps, [N, channels, h, w] each. The joined one has any size.
  ///   - teacher: The teacher's maps of the same images.
  ///   - temperature: The divisor of all values before they become distributions over the pixels.
  ///   - counted: The mask of the pixels that count (`DistillationLoss`) at a map's size; `nil` if all count.
  ///   - decode: The teacher's decoder: features and scores [N, channels, h, w] of a joined map. It is frozen, but gradients
  ///     pass through it.
  /// - Returns: A number, of rank 0, in float32.
  package func callAsFunction(
    student: AlignmentMaps<Tensor>, teacher: AlignmentMaps<Tensor>, temperature: Double,
    counted: (ImageSize) -> Tensor?, decode: (Tensor) -> (features: Tensor, scores: Tensor)
  ) -> Tensor {
    func difference(_ student: Tensor, _ teacher: Tensor) -> Tensor {
      DistillationLoss.channelWise(
        student: student.to(dtype: .float32), teacher: teacher.to(dtype: .float32), temperature: temperature,
        counted: counted(teacher.spatialSize))
    }
    let map = joined(student.joined.to(dtype: .float32)).upsampleBilinear2d(
      size: teacher.joined.spatialSize, alignCorners: false)
    let found = decode(Self.rescaled(map, like: teacher.joined.to(dtype: .float32)))
    let wanted = withoutGradients { decode(teacher.joined) }
    let maps =
      difference(found.features, wanted.features)
      + difference(sixteenth(student.sixteenth.to(dtype: .float32)), teacher.sixteenth)
      + difference(deepest(student.deepest.to(dtype: .float32)), teacher.deepest)
    return difference(found.scores, wanted.scores) + maps * 5
  }

  /// Gives each channel of a map the mean and the standard deviation of another map's channel, over all images and pixels.
  private static func rescaled(_ map: Tensor, like other: Tensor) -> Tensor {
    let (mine, others) = (statistics(of: map), statistics(of: other))
    return mine.centered * (others.deviation / (mine.deviation + 1e-6)) + others.mean
  }

  /// The mean and the unbiased standard deviation of each channel, [1, C, 1, 1], and the map without its mean.
  private static func statistics(of map: Tensor) -> (mean: Tensor, deviation: Tensor, centered: Tensor) {
    let mean = map.mean([0, 2, 3], keep: true)
    let centered = map - mean
    let count = Double(map.count / map.size(1))
    // The gradient of a norm is 0 where all values are, and that of a square root would be infinite.
    return (mean, centered.norm([0, 2, 3], keep: true) / (count - 1).squareRoot(), centered)
  }
}
