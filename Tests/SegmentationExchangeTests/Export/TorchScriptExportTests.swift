import Foundation
import SegmentationExchange
import SegmentationImage
import SegmentationInference
import SegmentationModels
import TestSupport
import Testing
import Torch

/// TorchScript files, run by libtorch.
@Suite(.serialized) struct TorchScriptExportTests {
  init() { Libtorch.threads = 1 }

  /// Networks that have every kind of operator among them.
  static let networks = [
    "efficientvit-b0",
    "fastscnn", "enet", "dfanet-xceptiona", "litehrnet-18", "espnetv2", "farseenet-resnet18", "lednet",
    "smp-fpn-mit_b0",
    "smp-pan-resnet18", "smp-unet-timm-efficientnet-b0",
  ]

  private func load(_ file: Data) throws -> ScriptModule {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "network.pt")
      try file.write(to: path)
      return try ScriptModule(contentsOf: path)
    }
  }

  @Test(arguments: networks) func `a file gives the network's scores for images of any size`(name: String) throws {
    let network = ExportedNetwork(try Architecture(name: name).makeFormulaModel())
    let size = network.model.sizes.padded(ImageSize(height: 64, width: 96))
    var options = ExportOptions(size: size)
    options.hasDynamicSize = true
    let module = try load(NetworkExporter(network, options).export(as: .torchscript).file)
    let unit = network.model.sizes.multiple
    for (rows, columns) in [(0, 0), (3, 1), (1, 6)] {
      let input = Formula.input([1, 3, size.height + rows * unit, size.width + columns * unit])
      let expected = withoutGradients { network.model.logits(input) }
      let difference = (try module(input) - expected).abs().max().item / expected.abs().max().item
      #expect(difference <= 1e-4, "\(name): \(difference)")
    }
  }

  @Test func `normalization, border and best class can be a part of the file`() throws {
    let network = ExportedNetwork(try Architecture(name: "fastscnn").makeFormulaModel())
    var options = ExportOptions(size: ImageSize(height: 50, width: 70))
    (options.input, options.output, options.foldsBatchNorm) = (.uint8, .classes, false)
    let module = try load(NetworkExporter(network, options).export(as: .torchscript).file)
    let image = Image(
      height: 50, width: 70, pixels: (0..<50 * 70 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 70) })
    let found = try module(Tensor(image.pixels, shape: [1, 50, 70, 3]))
    #expect(found.dtype == .uint8 && found.shape == [1, 50, 70])
    let input = try network.normalization.tensor(image)
    let expected = withoutGradients { network.model.logits(input).argmax(dimension: 1) }
    let same = (found.to(dtype: .int64) .== expected).to(dtype: .float32).mean().item
    #expect(same > 0.999, "\(same)")
  }

  @Test func `a text that is no program is refused`() throws {
    let module = try ScriptModule(named: "__torch__.Wrong")
    #expect(throws: TorchError.self) { try module.define("def forward(self, x: Tensor) -> Tensor:\n  return y\n") }
  }
}
