/// The names under which weights of classification networks are published, by what they were trained on and how.
public enum ImageNetWeights: String, Sendable, CaseIterable {
  /// ImageNet-1k, by the recipe of the network's paper.
  case imagenet
  /// ImageNet-1k, by torchvision's longer recipe of 2021.
  case imagenetV2 = "imagenet-v2"
  /// Unlabelled images of YFCC100M by a teacher, then ImageNet-1k (https://arxiv.org/abs/1905.00546).
  case ssl
  /// Images of Instagram with hashtags by a teacher, then ImageNet-1k (https://arxiv.org/abs/1905.00546).
  case swsl
  /// Images of Instagram with hashtags, then ImageNet-1k (https://arxiv.org/abs/1805.00932).
  case instagram
  /// ImageNet-1k with adversarial examples (https://arxiv.org/abs/1911.09665).
  case advprop
  /// ImageNet-1k and unlabelled images by a teacher (https://arxiv.org/abs/1911.04252).
  case noisyStudent = "noisy-student"
  /// The same, on images of 475x475.
  case noisyStudent475 = "noisy-student-475"
  /// 5000 classes of ImageNet, then ImageNet-1k.
  case imagenet5k = "imagenet-5k"
  /// ImageNet-1k and a class for what belongs to none.
  case imagenetBackground = "imagenet-background"
}
