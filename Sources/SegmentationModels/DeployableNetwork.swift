import Torch

/// A network that trains with more layers than running it takes.
///
/// In its deployed form, blocks of several paths are one convolution each. It computes the same scores up to rounding in
/// evaluation. Its checkpoints have other names, and it has no heads for training.
public protocol DeployableNetwork: SegmentationModel {
  /// Whether this is the deployed form.
  var isDeployed: Bool { get }
  /// A new network of the deployed form, with random weights.
  func makeDeployed() -> Self
}

extension DeployableNetwork {
  /// The deployed form of this network with weights of its own, which computes the same up to rounding in evaluation.
  public func deployed() -> Self {
    let result = blankDeployed()
    var blocks: [String: any Mergeable] = [:]
    visit { name, module in
      if let block = module as? any Mergeable, block.merged == nil { blocks[name] = block }
    }
    result.visit { name, module in
      if let conv = (module as? any Mergeable)?.merged, let block = blocks[name] { block.merging().write(to: conv) }
    }
    let own = StateDictionary(namedState)
    withoutGradients {
      for (name, tensor) in result.namedState {
        if let value = own[name] { tensor.copyInPlace(value.detached()) }
      }
    }
    return result.train(isTraining)
  }

  /// A network of the deployed form whose weights are still to be written.
  func blankDeployed() -> Self {
    let result = ImageChannels.with(imageChannels) { withoutInitialization { makeDeployed() } }
    result.name = name
    result.sizes = sizes
    result.hasSingleScore = hasSingleScore
    return result
  }
}
