import Foundation
import SegmentationModels
import TestSupport
import Testing
import Torch

/// Networks whose blocks of several paths become single convolutions.
@Suite(.serialized) struct DeployableNetworkTests {
  init() { Libtorch.threads = 1 }

  /// Every such network of the catalogue.
  static let networks = ["gcnet-s", "gcnet-m", "gcnet-l", "rdrnet-s", "rdrnet-s-simple", "rdrnet-m", "rdrnet-l"]

  private func trained(_ name: String, heads: Heads = []) throws -> SegmentationModel {
    let test = CatalogueCase(architecture: try Architecture(name: name), heads: heads)
    return try test.makeModel(ModelFixture(test.name)).eval()
  }

  @Test func `all deployable networks are listed`() throws {
    let found = try withDefaultDevice(.meta) {
      try Architecture.realTime.filter { try $0.makeModel() is any DeployableNetwork }.map(\.name)
    }
    #expect(found.sorted() == Self.networks.sorted())
  }

  @Test(arguments: networks) func `the deployed form computes the same`(_ name: String) throws {
    let model = try #require(try trained(name, heads: .auxiliary) as? any DeployableNetwork)
    let deployed: SegmentationModel = model.deployed()
    #expect(!deployed.isTraining && deployed.name == name && deployed.sizes == model.sizes)
    #expect(deployed.parameterCount < model.parameterCount)
    let image = Formula.input([1, 3, 96, 160])
    let (scores, expected) = withoutGradients { (deployed(image).logits, model(image).logits) }
    #expect((scores - expected).abs().max().item <= 2e-5 * expected.abs().max().item)
    // Its weights are its own.
    withoutGradients { model.parameters.forEach { $0.zeroInPlace() } }
    #expect(withoutGradients { deployed(image).logits }.equals(scores))
  }

  /// A wrong path shows: the scores depend on each.
  @Test(arguments: ["gcnet-s", "rdrnet-s"]) func `every path counts`(_ name: String) throws {
    let model = try trained(name)
    let image = Formula.input([1, 3, 64, 64])
    func scores() throws -> Tensor {
      let deployable = try #require(model as? any DeployableNetwork)
      let deployed: SegmentationModel = deployable.deployed()
      return withoutGradients { deployed(image).logits }
    }
    let before = try scores()
    let paths = model.namedParameters.filter {
      $0.name.hasPrefix("backbone.stem.3.") || $0.name.hasPrefix("backbone.spp.processes.")
    }
    #expect(paths.count >= 8)
    for (name, tensor) in paths {
      let saved = tensor.detached().clone()
      withoutGradients { tensor.multiplyInPlace(1.5) }
      #expect(try !scores().equals(before), "\(name)")
      withoutGradients { tensor.copyInPlace(saved) }
    }
  }

  /// The names that the authors' `switch_to_deploy` gives: Tests/Fixtures/authors/make_authors.py.
  @Test(arguments: ["gcnet-s", "rdrnet-s"]) func `names are those of the authors' deployed form`(_ name: String) throws
  {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/authors/\(name)-deployed.txt")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    let model = try #require(try Architecture(name: name).makeModel() as? any DeployableNetwork)
    let deployed: SegmentationModel = model.deployed()
    let found = deployed.namedState.map { ([$0.name] + $0.tensor.shape.map(String.init)).joined(separator: " ") }
    // There, the merged convolutions stand behind what is left of a block.
    #expect(found.sorted() == lines.sorted())
  }

  @Test(arguments: ["gcnet-s", "rdrnet-s"], ["pth", "safetensors"])
  func `a checkpoint of the deployed form is one by its names`(_ name: String, _ ending: String) throws {
    let folder = try TemporaryFolder()
    let (source, target) = (folder.url.appending(path: "a.pth"), folder.url.appending(path: "b.\(ending)"))
    let model = try trained(name)
    let card = ModelCard(
      model: name, classes: (0..<19).map { "class \($0)" }, colors: (0..<19).map { [UInt8($0), 0, 0] },
      mean: [0, 0, 0], std: [1, 1, 1])
    try Checkpoint.write(
      ["state_dict": PickleValue(model.stateDictionary), "rtseg": ["card": .string(card.json)]], to: source)
    let deployment = try Deployment(NetworkCheckpoint(contentsOf: source))
    #expect(deployment.difference < 2e-5 && deployment.trainedParameters == model.parameterCount)
    try deployment.write(to: target)
    let checkpoint = try NetworkCheckpoint(contentsOf: target)
    #expect(checkpoint.card == card)
    let read = try checkpoint.makeModel().eval()
    #expect((read as? any DeployableNetwork)?.isDeployed == true)
    let image = Formula.input([1, 3, 64, 96])
    let (scores, expected) = withoutGradients { (read(image).logits, model(image).logits) }
    #expect((scores - expected).abs().max().item <= 2e-5 * expected.abs().max().item)
    #expect(throws: DeploymentError.isDeployed(file: target.relativePath)) { try Deployment(checkpoint) }
  }

  @Test func `other networks have nothing to merge`() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.pth")
    try Checkpoint.write(PickleValue(Architecture.fssnet.makeModel().stateDictionary), to: file)
    #expect(throws: DeploymentError.noPaths(network: "fssnet")) {
      try Deployment(NetworkCheckpoint(contentsOf: file, architecture: .fssnet))
    }
  }

  @Test func `numbers that merge to nothing usable are refused`() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "a.pth")
    let model = try trained("rdrnet-s")
    model.visit { name, module in
      guard name == "backbone.stem.3.path_residual", let norm = module as? BatchNorm2d else { return }
      withoutGradients { norm.weight.fillInPlace(1e38) }
    }
    try Checkpoint.write(PickleValue(model.stateDictionary), to: file)
    let error = #expect(throws: DeploymentError.self) {
      try Deployment(NetworkCheckpoint(contentsOf: file, architecture: .rdrnet(.s)))
    }
    guard case .differs? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
