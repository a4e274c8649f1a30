/// The figures of the PyTorch reference for a network on Cityscapes
/// (<https://github.com/zh320/realtime-semantic-segmentation-pytorch>).
public struct PublishedResult: Sendable, Equatable {
  /// The number of parameters in millions, to two decimals.
  public let parameters: Double
  /// The mean IoU in percent on the validation images at full resolution, after 800 epochs on 1024x1024 crops. Those of
  /// BiSeNetV2 and STDC come from training with auxiliary heads.
  public let meanIoU: Double
}

extension Architecture {
  /// The reference's figures; `nil` if it has none for this variant.
  public var published: PublishedResult? {
    publishedResults[name].map { PublishedResult(parameters: $0.parameters, meanIoU: $0.meanIoU) }
  }
}

private let publishedResults: [String: (parameters: Double, meanIoU: Double)] = [
  "adscnet": (0.51, 69.06),
  "aglnet": (1.02, 73.58),
  "bisenetv1-resnet18": (13.32, 74.91),
  "bisenetv2": (2.27, 73.73),
  "canet-mobilenet_v2": (4.77, 76.59),
  "cfpnet": (0.27, 70.08),
  "cgnet": (0.24, 67.25),
  "contextnet": (1.01, 66.61),
  "dabnet": (0.75, 70.78),
  "ddrnet-23slim": (5.54, 74.34),
  "dfanet-xceptiona": (3.05, 65.28),
  "edanet": (0.69, 70.76),
  "enet": (0.37, 71.31),
  "erfnet": (2.07, 76.00),
  "esnet": (1.66, 71.82),
  "espnet": (0.38, 66.39),
  "espnetv2": (0.86, 70.35),
  "fanet-resnet18": (12.26, 74.92),
  "farseenet-resnet18": (16.75, 77.35),
  "fastscnn": (1.02, 69.37),
  "fddwnet": (0.77, 75.86),
  "fpenet": (0.36, 72.05),
  "fssnet": (0.20, 65.44),
  "icnet-resnet18": (12.42, 69.65),
  "lednet": (1.46, 72.63),
  "linknet-resnet18": (11.54, 73.39),
  "litehrnet-18": (1.09, 70.66),
  "liteseg-mobilenet_v2": (4.29, 76.10),
  "mininet": (1.41, 61.47),
  "mininetv2": (0.51, 71.79),
  "ppliteseg-stdc1": (6.33, 72.49),
  "ppliteseg-stdc2": (10.56, 74.37),
  "regseg": (3.37, 74.28),
  "segnet": (29.48, 70.77),
  "shelfnet-resnet18": (16.04, 77.63),
  "sqnet": (4.81, 69.55),
  "stdc-stdc1": (7.79, 75.25),
  "stdc-stdc2": (11.82, 76.78),
  "swiftnet-resnet18": (11.95, 75.43),
]
