/// The fixtures that the parity suite needs.
///
/// The list is written out, so that a fixture cannot go missing unnoticed: one that is listed here and not in the folder fails by
/// its name, and so does one that is in the folder and not listed here.
enum RequiredFixtures {
  static let names = realTime + encoderDecoder

  /// The real-time networks in every variant, plain and with the heads that they can have.
  static let realTime = words(
    """
    adscnet aglnet bisenetv1-resnet101 bisenetv1-resnet152 bisenetv1-resnet18 bisenetv1-resnet34 bisenetv1-resnet50
    bisenetv2 bisenetv2-aux canet-mobilenet_v2 canet-resnet101 canet-resnet152 canet-resnet18 canet-resnet34
    canet-resnet50 cfpnet cgnet cgnet-m3n21 contextnet dabnet ddrnet-23 ddrnet-23-aux ddrnet-23slim ddrnet-23slim-aux
    ddrnet-39 ddrnet-39-aux dfanet-xceptiona dfanet-xceptiona-single dfanet-xceptionb dpt-vit_base_patch16_224
    dpt-vit_small_patch16_224 dpt-vit_tiny_patch16_224 dsnet-base dsnet-base-aux
    dsnet-head128 dsnet-head128-aux dsnet-head256 dsnet-head256-aux dsnet-head64 dsnet-head64-aux dualresnet-23
    dualresnet-23-aux dualresnet-23slim dualresnet-23slim-aux dualresnet-39 dualresnet-39-aux edanet efficientvit-b0
    efficientvit-b1 efficientvit-b2 efficientvit-b3 enet enet-regular erfnet esnet espnet espnet-a espnet-b espnet-c
    espnetv2 fanet-resnet18 fanet-resnet18-nocat fanet-resnet34 farseenet-resnet101 farseenet-resnet152
    farseenet-resnet18 farseenet-resnet34 farseenet-resnet50 fastscnn fchardnet-70 fddwnet fpenet fssnet gcnet-l
    gcnet-l-aux gcnet-m gcnet-m-aux gcnet-s gcnet-s-aux icnet-resnet101 icnet-resnet101-aux icnet-resnet18
    icnet-resnet18-aux icnet-resnet34 icnet-resnet34-aux icnet-resnet50 icnet-resnet50-aux lednet linknet-resnet101
    linknet-resnet152 linknet-resnet18 linknet-resnet34 linknet-resnet50 litehrnet-18 litehrnet-30
    liteseg-mobilenet_v2 liteseg-resnet101 liteseg-resnet152 liteseg-resnet18 liteseg-resnet34 liteseg-resnet50
    lraspp-mobilenet_v3_large lraspp-mobilenet_v3_small mininet mininetv2 pidnet-l pidnet-l-aux pidnet-m pidnet-m-aux
    pidnet-s pidnet-s-aux ppliteseg-stdc1 ppliteseg-stdc1-channel ppliteseg-stdc2 ppliteseg-stdc2-channel
    ppmobileseg-b ppmobileseg-t rdrnet-l rdrnet-l-aux rdrnet-m rdrnet-m-aux rdrnet-s rdrnet-s-aux rdrnet-s-simple
    rdrnet-s-simple-aux regseg sctnet-b sctnet-b-aux sctnet-s sctnet-s-aux segnet segnext-b segnext-s segnext-t
    shelfnet-resnet101 shelfnet-resnet152 shelfnet-resnet18 shelfnet-resnet34 shelfnet-resnet50 sqnet stdc-stdc1
    stdc-stdc1-aux stdc-stdc1-detail stdc-stdc2 stdc-stdc2-aux stdc-stdc2-detail swiftnet-mobilenet_v2
    swiftnet-resnet101 swiftnet-resnet152 swiftnet-resnet18 swiftnet-resnet34 swiftnet-resnet50 topformer-b
    topformer-s topformer-t
    """)

  /// Encoder–decoder networks: each decoder with some encoders, and each kind of encoder with some decoder.
  static let encoderDecoder = encoders.flatMap { decoder, encoders in
    words(encoders).map { "smp-\(decoder)-\($0)" }
  }

  /// The encoders by decoder.
  private static let encoders: KeyValuePairs = [
    "deeplabv3": """
    efficientnet-b0 mit_b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d timm-gernet_m
    timm-mobilenetv3_small_100 timm-res2net50_14w_8s timm-resnest14d
    """,
    "deeplabv3p": """
    dpn68 efficientnet-b0 mit_b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d senet154 timm-gernet_s
    timm-mobilenetv3_large_100 timm-regnety_002 timm-resnest50d_1s4x24d timm-skresnet18 timm-tf_efficientnet_lite0
    """,
    "fpn": """
    densenet121 efficientnet-b0 mit_b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d vgg16_bn
    """,
    "linknet": """
    densenet121 efficientnet-b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d vgg16_bn
    """,
    "manet": """
    densenet121 efficientnet-b0 mit_b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d vgg16_bn
    """,
    "pan": "efficientnet-b0 mit_b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d",
    "pspnet": """
    densenet121 efficientnet-b0 mit_b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d timm-regnetx_004
    timm-resnest26d vgg16_bn
    """,
    "segformer": """
    densenet121 efficientnet-b0 mit_b0 mit_b1 mit_b2 mobilenet_v2 resnet18 resnet50 vgg16_bn
    """,
    "unet": """
    densenet121 densenet169 dpn68 dpn68b dpn92 efficientnet-b0 efficientnet-b1 efficientnet-b2 efficientnet-b3
    efficientnet-b4 inceptionresnetv2 inceptionv4 mit_b0 mit_b1 mit_b2 mobilenet_v2 mobileone_s0 resnet101 resnet152
    resnet18 resnet34 resnet50 resnext101_32x4d resnext101_32x8d resnext50_32x4d se_resnet50 se_resnext50_32x4d senet154
    timm-efficientnet-b0 timm-gernet_l timm-gernet_m timm-gernet_s timm-mobilenetv3_large_075 timm-mobilenetv3_large_100
    timm-mobilenetv3_large_minimal_100 timm-mobilenetv3_small_075 timm-mobilenetv3_small_100
    timm-mobilenetv3_small_minimal_100 timm-regnetx_002 timm-regnetx_016 timm-regnety_002 timm-regnety_032
    timm-res2net50_14w_8s timm-res2net50_26w_4s timm-res2net50_48w_2s timm-res2next50 timm-resnest14d
    timm-resnest50d_1s4x24d timm-resnest50d_4s2x40d timm-skresnet18 timm-skresnet34 timm-skresnext50_32x4d
    timm-tf_efficientnet_lite0 timm-tf_efficientnet_lite1 vgg11 vgg13_bn vgg16_bn vgg19 xception
    """,
    "unetpp": """
    densenet121 efficientnet-b0 mobilenet_v2 resnet101 resnet18 resnet34 resnet50 resnext50_32x4d vgg16_bn
    """,
    "upernet": "densenet121 efficientnet-b0 mit_b0 mobilenet_v2 resnet18 resnet50 vgg16_bn",
  ]

  private static func words(_ text: String) -> [String] { text.split { $0 == " " || $0 == "\n" }.map(String.init) }
}
