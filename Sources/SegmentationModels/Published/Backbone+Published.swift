extension Backbone {
  /// The weights that torchvision publishes. Each file's name ends in the first digits of its SHA-256.
  public var publishedWeights: [PublishedWeights] {
    switch self {
    case .mobileNetV2: [published(.imagenet, "b0353104"), published(.imagenetV2, "7ebf99e0")]
    case .resNet(.resnet18): [published(.imagenet, "f37072fd")]
    case .resNet(.resnet34): [published(.imagenet, "b627a593")]
    case .resNet(.resnet50): [published(.imagenet, "0676ba61"), published(.imagenetV2, "11ad3fa6")]
    case .resNet(.resnet101): [published(.imagenet, "63fe2227"), published(.imagenetV2, "cd907fc2")]
    case .resNet(.resnet152): [published(.imagenet, "394f9c45"), published(.imagenetV2, "f82ba261")]
    }
  }

  private func published(_ name: ImageNetWeights, _ hash: String) -> PublishedWeights {
    PublishedWeights(name, torchvision: rawValue, hash)
  }
}

extension MobileNetV3.Variant {
  /// The weights that torchvision publishes. Each file's name ends in the first digits of its SHA-256.
  public var publishedWeights: [PublishedWeights] {
    switch self {
    case .large: [published(.imagenet, "8738ca79"), published(.imagenetV2, "5c1a4163")]
    case .small: [published(.imagenet, "047dcff4")]
    }
  }

  private func published(_ name: ImageNetWeights, _ hash: String) -> PublishedWeights {
    PublishedWeights(name, torchvision: rawValue, hash)
  }
}

extension EfficientViT.Variant {
  /// The weights that the authors publish, trained on images of 288x288; they publish none of B0.
  public var publishedWeights: [PublishedWeights] {
    guard self != .b0 else { return [] }
    let file = "efficientvit_\(rawValue)_r288.pt"
    return [
      PublishedWeights(
        name: .imagenet, address: "https://huggingface.co/han-cai/efficientvit-cls/resolve/main/\(file)")
    ]
  }
}

extension VisionTransformer.Variant {
  /// The weights that timm publishes, trained on ImageNet-21k and then on ImageNet.
  public var publishedWeights: [PublishedWeights] {
    let recipe = self == .base ? "augreg2_in21k_ft_in1k" : "augreg_in21k_ft_in1k"
    let address = "https://huggingface.co/timm/\(rawValue).\(recipe)/resolve/main/model.safetensors"
    return [PublishedWeights(name: .imagenet, address: address)]
  }
}

extension SegNeXt.Variant {
  /// The weights that mmsegmentation publishes. Each file's name ends in the first digits of its SHA-256.
  public var publishedWeights: [PublishedWeights] {
    let hash =
      switch self {
      case .tiny: "119e8c9f"
      case .small: "f33ccdf2"
      case .base: "3ab7d230"
      }
    let folder = "https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segnext"
    return [PublishedWeights(name: .imagenet, address: "\(folder)/mscan_\(rawValue)_20230227-\(hash).pth")]
  }
}

extension PPMobileSeg.Variant {
  /// The weights that mmsegmentation publishes. Each file's name ends in the first digits of its SHA-256.
  public var publishedWeights: [PublishedWeights] {
    let file = self == .tiny ? "tiny-e4b35e96" : "base-ed0be681"
    let folder = "https://download.openmmlab.com/mmsegmentation/v0.5/pp_mobileseg"
    return [
      PublishedWeights(name: .imagenet, address: "\(folder)/pp_mobileseg_mobilenetv3_3rdparty-\(file).pth")
    ]
  }
}

extension PublishedWeights {
  fileprivate init(_ name: ImageNetWeights, torchvision network: String, _ hash: String) {
    self.init(name: name, address: "https://download.pytorch.org/models/\(network)-\(hash).pth")
  }
}
