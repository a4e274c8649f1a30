import Foundation
import TestSupport
import Testing
import Torch

/// Gradients of several processes against those of one that sees all.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo"))
struct GradientSynchronizerTests {
  /// A small network with a part that only some inputs use.
  final class Network: Module {
    let first = Conv2d(3, 16, kernel: 3, padding: 1)
    let second = Conv2d(16, 16, kernel: 3, padding: 1)
    let last = Conv2d(16, 2, kernel: 1)
    let aside = Conv2d(16, 2, kernel: 1)

    override init() {
      super.init()
      for (key, tensor) in namedState { Formula.fill(tensor, key: key, as: key.hasSuffix("bias") ? .bias : .fanIn) }
    }

    func callAsFunction(_ x: Tensor, usesAside: Bool = false) -> Tensor {
      let features = second(first(x).relu()).relu()
      return usesAside ? aside(features) + last(features) : last(features)
    }

    var gradients: [[Float]?] { parameters.map { $0.grad?.elements() } }
    var weights: [[Float]] { parameters.map { $0.detached().elements() } }
  }

  static let steps = 4
  /// The images of a process in a step; `nil` for those of all.
  static func images(step: Int, rank: Int?, of size: Int = 2) -> Tensor {
    let all = Formula.input([size * 2, 3, 9, 8], key: "step \(step)")
    return rank.map { all.slice($0 * 2..<$0 * 2 + 2, dimension: 0) } ?? all
  }
  static func loss(_ output: Tensor) -> Tensor { (output * output).mean() }

  static func difference(_ a: [Float], _ b: [Float]) -> Float {
    zip(a, b).map { abs($0 - $1) }.max()! / max(1e-3, b.map(abs).max()!)
  }

  /// Trains some steps and returns the weights.
  static func train(_ group: ProcessGroup?, bucketBytes: Int = 4096) throws -> [[Float]] {
    let network = Network()
    let used = network.namedParameters.filter { !$0.name.hasPrefix("aside") }.map(\.tensor)
    let synchronizer = try group.map { try GradientSynchronizer(used, group: $0, bucketBytes: bucketBytes) }
    let optimizer = SGD([ParameterGroup(used, learningRate: 0.05, momentum: 0.9)])
    for step in 0..<steps {
      let loss = loss(network(images(step: step, rank: group?.rank)))
      try synchronizer?.prepareForBackward(outputs: [loss])
      loss.backward()
      optimizer.step()
      network.clearGradients()
    }
    return network.weights
  }

  @Test(arguments: [1 << 10, 4 << 10, 25 << 20]) func twoProcessesTrainLikeOne(bucketBytes: Int) throws {
    let expected = try Self.train(nil)
    let results = try ranks(2) { try Self.train($0, bucketBytes: bucketBytes) }
    let weights = try results.map { try $0.get() }
    #expect(weights[0] == weights[1])
    for (found, expected) in zip(weights[0], expected) { #expect(Self.difference(found, expected) < 1e-5) }
  }

  @Test func accumulatedBatchesAreSynchronizedOnce() throws {
    let expected = {
      let network = Network()
      for step in 0..<3 { Self.loss(network(Self.images(step: step, rank: nil))).backward() }
      return network.gradients
    }()
    let results = try ranks(2) { group in
      let network = Network()
      let used = network.namedParameters.filter { !$0.name.hasPrefix("aside") }.map(\.tensor)
      let synchronizer = try GradientSynchronizer(used, group: group, bucketBytes: 4096)
      var own: [[Float]?] = []
      for step in 0..<3 {
        let loss = Self.loss(network(Self.images(step: step, rank: group.rank)))
        try synchronizer.prepareForBackward(outputs: [loss], synchronizing: step == 2)
        loss.backward()
        if step == 1 { own = network.gradients }
      }
      return [own, network.gradients]
    }
    let found = try results.map { try $0.get() }
    #expect(found[0][0] != found[1][0])  // nothing was sent before the last batch
    #expect(found[0][1] == found[1][1])
    for (found, expected) in zip(found[0][1], expected) {
      guard let found, let expected else { continue }
      #expect(Self.difference(found, expected) < 1e-5)
    }
  }

  @Test func parametersThatOnlySomeProcessesUseGetTheirMeans() throws {
    let expected = {
      let network = Network()
      let halves = (0..<2).map { Self.loss(network(Self.images(step: 0, rank: $0), usesAside: $0 == 0)) }
      ((halves[0] + halves[1]) * 0.5).backward()
      return network.gradients
    }()
    let results = try ranks(2) { group in
      let network = Network()
      let synchronizer = try GradientSynchronizer(
        network.parameters, group: group, bucketBytes: 4096, findsUnusedParameters: true)
      let loss = Self.loss(network(Self.images(step: 0, rank: group.rank), usesAside: group.rank == 0))
      try synchronizer.prepareForBackward(outputs: [loss])
      loss.backward()
      let first = network.gradients
      network.clearGradients()
      // No process uses it: it keeps no gradient.
      let next = Self.loss(network(Self.images(step: 1, rank: group.rank)))
      try synchronizer.prepareForBackward(outputs: [next])
      next.backward()
      return [first, network.gradients]
    }
    for result in results {
      let found = try result.get()
      for (found, expected) in zip(found[0], expected) {
        #expect(Self.difference(try #require(found), try #require(expected)) < 1e-5)
      }
      #expect(found[1].map { $0 == nil } == [false, false, false, false, false, false, true, true])
    }
  }

  @Test func aParameterWithoutGradientIsAnErrorAtTheNextStep() throws {
    let results = try ranks(2) { group in
      let network = Network()
      let synchronizer = try GradientSynchronizer(network.parameters, group: group, bucketBytes: 4096)
      for step in 0..<2 {
        let loss = Self.loss(network(Self.images(step: step, rank: group.rank)))
        try synchronizer.prepareForBackward(outputs: [loss])
        loss.backward()
      }
    }
    for (rank, result) in results.enumerated() {
      #expect(result.message?.hasPrefix("rank \(rank): some parameters got no gradient in the last backward") == true)
    }
  }

  @Test func frozenParametersAreLeftOut() throws {
    let results = try ranks(2) { group in
      let network = Network()
      for parameter in network.first.parameters + network.aside.parameters { parameter.requiresGrad = false }
      let synchronizer = try GradientSynchronizer(network.parameters + network.parameters, group: group)
      for step in 0..<2 {
        let loss = Self.loss(network(Self.images(step: step, rank: group.rank)))
        try synchronizer.prepareForBackward(outputs: [loss])
        loss.backward()
      }
      return network.gradients
    }
    #expect(try results[0].get() == results[1].get())
    #expect(try results[0].get().map { $0 == nil } == [true, true, false, false, false, false, true, true])
  }

  @Test func differentNetworksAreRefused() throws {
    let shapes = try ranks(2) { group in
      _ = try GradientSynchronizer(Conv2d(3 + group.rank, 4, kernel: 1).parameters, group: group)
    }
    #expect(
      shapes[0].message
        == "rank 0: the processes train different networks: parameter 0 is float32 [4, 4, 1, 1] in rank 1, "
        + "float32 [4, 3, 1, 1] here")
    let counts = try ranks(2) { group in
      let layer = Conv2d(3, 4, kernel: 1)
      _ = try GradientSynchronizer(group.rank == 0 ? [layer.weight] : layer.parameters, group: group)
    }
    #expect(
      counts[0].message
        == "rank 0: the processes train different networks: rank 1 has 2 parameters, this process 1")
  }

  @Test func nothingToTrainIsRefused() throws {
    let results = try ranks(2) { _ = try GradientSynchronizer([], group: $0) }
    #expect(results[1].message == "rank 1: there is no parameter to train, so no gradient to average")
  }

  @Test(arguments: [false, true]) func aLostProcessIsAnErrorOfTheBackwardPass(findsUnusedParameters: Bool) throws {
    let results = try ranks(2) { group in
      let network = Network()
      let used = network.namedParameters.filter { !$0.name.hasPrefix("aside") }.map(\.tensor)
      let synchronizer = try GradientSynchronizer(
        used, group: group, bucketBytes: 4096, findsUnusedParameters: findsUnusedParameters)
      let loss = Self.loss(network(Self.images(step: 0, rank: group.rank)))
      if group.rank == 1 { return }
      try synchronizer.prepareForBackward(outputs: [loss])
      try catchingTorchErrors { loss.backward() }
    }
    #expect(results[0].message?.hasPrefix("rank 0: all-reduce: rank 1 cannot be reached any more (") == true)
  }

  @Test func aSilentProcessEndsTheBackwardPassAfterTheTimeOut() throws {
    let waiting = DispatchSemaphore(value: 0)
    let results = try ranks(2, timeout: .seconds(3)) { group in
      let network = Conv2d(3, 4, kernel: 1)
      let synchronizer = try GradientSynchronizer(network.parameters, group: group)
      if group.rank == 1 { return waiting.wait() }
      defer { waiting.signal() }
      let loss = Self.loss(network(Self.images(step: 0, rank: 0)))
      try synchronizer.prepareForBackward(outputs: [loss])
      try catchingTorchErrors { loss.backward() }
    }
    #expect(results[0].message?.contains("rank 1 has not answered within the time-out") == true)
  }
}
