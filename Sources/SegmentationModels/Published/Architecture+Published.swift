/// The results that the PyTorch reference reports of a network on Cityscapes:
/// https://github.com/zh320/realtime-semantic-segmentation-pytorch.
public struct PublishedResult: Sendable, Equatable {
  /// The number of parameters in millions, to two decimals.
  public let parameters: Double
  /// The mean IoU in percent on the validation images at full resolution, after 800 epochs on 1024x1024 crops. BiSeNetV2
  /// and STDC were trained with auxiliary heads.
  public let meanIoU: Double
}

extension Architecture {
  /// The reference's figures; `nil` if it has none for this variant.
  public var published: PublishedResult? {
    publishedNetworks[name].map { PublishedResult(parameters: $0.parameters, meanIoU: $0.meanIoU) }
  }

  /// The mean IoU in percent on Cityscapes' validation images at full resolution that the PyTorch reference or the network's
  /// authors report; `nil` if none is known. Recipes differ: the reference trains all its networks alike, the authors of others
  /// use more epochs and weights of ImageNet.
  public var publishedMeanIoU: Double? { published?.meanIoU ?? authorsMeanIoU[name] }

  /// The checkpoint that the reference publishes; `nil` if it publishes none for this variant.
  public var publishedCheckpoint: PublishedCheckpoint? {
    publishedNetworks[name].map { PublishedCheckpoint(architecture: self, file: $0.file) }
  }
}

/// The networks that the reference publishes: parameters in millions, mean IoU in percent, and the checkpoint's release and
/// file.
let publishedNetworks: [String: (parameters: Double, meanIoU: Double, file: String)] = [
  "adscnet": (0.51, 69.06, "v1.0/adscnet.pth"),
  "aglnet": (1.02, 73.58, "v1.0/aglnet.pth"),
  "bisenetv1-resnet18": (13.32, 74.91, "v1.0/bisenetv1.pth"),
  "bisenetv2": (2.27, 73.73, "v1.0/bisenetv2-aux.pth"),
  "canet-mobilenet_v2": (4.77, 76.59, "v1.1/canet.pth"),
  "cfpnet": (0.27, 70.08, "v1.0/cfpnet.pth"),
  "cgnet": (0.24, 67.25, "v1.0/cgnet.pth"),
  "contextnet": (1.01, 66.61, "v1.0/contextnet.pth"),
  "dabnet": (0.75, 70.78, "v1.0/dabnet.pth"),
  "ddrnet-23slim": (5.54, 74.34, "v1.0/ddrnet-23-slim.pth"),
  "dfanet-xceptiona": (3.05, 65.28, "v1.0/dfanet-a.pth"),
  "edanet": (0.69, 70.76, "v1.0/edanet.pth"),
  "enet": (0.37, 71.31, "v1.0/enet.pth"),
  "erfnet": (2.07, 76.00, "v1.0/erfnet.pth"),
  "esnet": (1.66, 71.82, "v1.0/esnet.pth"),
  "espnet": (0.38, 66.39, "v1.0/espnet.pth"),
  "espnetv2": (0.86, 70.35, "v1.0/espnetv2.pth"),
  "fanet-resnet18": (12.26, 74.92, "v1.2/fanet.pth"),
  "farseenet-resnet18": (16.75, 77.35, "v1.0/farseenet.pth"),
  "fastscnn": (1.02, 69.37, "v1.0/fastscnn.pth"),
  "fddwnet": (0.77, 75.86, "v1.0/fddwnet.pth"),
  "fpenet": (0.36, 72.05, "v1.0/fpenet.pth"),
  "fssnet": (0.20, 65.44, "v1.0/fssnet.pth"),
  "icnet-resnet18": (12.42, 69.65, "v1.0/icnet.pth"),
  "lednet": (1.46, 72.63, "v1.1/lednet.pth"),
  "linknet-resnet18": (11.54, 73.39, "v1.1/linknet.pth"),
  "litehrnet-18": (1.09, 70.66, "v1.2/lite_hrnet.pth"),
  "liteseg-mobilenet_v2": (4.29, 76.10, "v1.1/liteseg.pth"),
  "mininet": (1.41, 61.47, "v1.1/mininet.pth"),
  "mininetv2": (0.51, 71.79, "v1.0/mininetv2.pth"),
  "ppliteseg-stdc1": (6.33, 72.49, "v1.0/ppliteseg_stdc1.pth"),
  "ppliteseg-stdc2": (10.56, 74.37, "v1.0/ppliteseg_stdc2.pth"),
  "regseg": (3.37, 74.28, "v1.2/regseg.pth"),
  "segnet": (29.48, 70.77, "v1.0/segnet.pth"),
  "shelfnet-resnet18": (16.04, 77.63, "v1.0/shelfnet.pth"),
  "sqnet": (4.81, 69.55, "v1.0/sqnet.pth"),
  "stdc-stdc1": (7.79, 75.25, "v1.2/stdc1.pth"),
  "stdc-stdc2": (11.82, 76.78, "v1.2/stdc2.pth"),
  "swiftnet-resnet18": (11.95, 75.43, "v1.0/swiftnet.pth"),
  "smp-deeplabv3-resnet18": (15.90, 77.16, "v1.2/deeplabv3.pth"),
  "smp-deeplabv3p-resnet18": (12.33, 75.90, "v1.2/deeplabv3p.pth"),
  "smp-fpn-resnet18": (13.05, 74.94, "v1.2/fpn.pth"),
  "smp-linknet-resnet18": (11.66, 73.19, "v1.2/linknet.pth"),
  "smp-manet-resnet18": (21.68, 76.14, "v1.2/manet.pth"),
  "smp-pan-resnet18": (11.37, 72.46, "v1.2/pan.pth"),
  "smp-pspnet-resnet18": (11.41, 67.26, "v1.2/pspnet.pth"),
  "smp-unet-resnet18": (14.33, 74.45, "v1.2/unet.pth"),
  "smp-unetpp-resnet18": (15.97, 75.57, "v1.2/unetpp.pth"),
]

/// The mean IoU in percent that authors report of networks that the reference does not have. `docs/networks.md` names the
/// sources. Those of RDRNet and GCNet were trained without weights of ImageNet.
private let authorsMeanIoU: [String: Double] = [
  "dsnet-base": 82.0,
  "dsnet-head128": 80.4,
  "dualresnet-23": 79.5,
  "dualresnet-23slim": 77.8,
  "efficientvit-b0": 75.7,
  "efficientvit-b1": 80.5,
  "efficientvit-b2": 82.1,
  "efficientvit-b3": 83.0,
  "fchardnet-70": 77.7,
  "gcnet-l": 79.6,
  "gcnet-m": 78.9,
  "gcnet-s": 76.9,
  "pidnet-l": 80.9,
  "pidnet-m": 79.9,
  "pidnet-s": 78.8,
  "rdrnet-l": 79.6,
  "rdrnet-m": 78.8,
  "rdrnet-s": 76.8,
  "rdrnet-s-simple": 76.7,
  "sctnet-b": 80.5,
  "smp-segformer-mit_b0": 76.7,
]
