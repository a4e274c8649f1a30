import Foundation
import TestSupport
import Testing
import Torch

/// Against what torch.optim and torch.optim.lr_scheduler computed.
@Suite struct OptimizationTests {
  let fixture: TrainingFixture
  let tensors: StateDictionary

  init() throws {
    fixture = try .read()
    tensors = try TrainingFixture.tensors()
  }

  @Test(arguments: ["sgd", "adam", "adamw", "sgd_onecycle", "adam_onecycle", "adamw_onecycle"])
  func optimizersFollowPyTorch(name: String) throws {
    let run = try #require(fixture.optimizers[name])
    let parameter = tensors["opt/param0"]!.clone()
    parameter.requiresGrad = true
    let group = ParameterGroup([parameter], learningRate: 0, weightDecay: run.weightDecay)
    let optimizer: any Optimizer =
      name.hasPrefix("sgd") ? SGD([group]) : Adam([group], decoupled: name.hasPrefix("adamw"))
    for (index, step) in run.perStep.enumerated() {
      optimizer.groups[0].learningRate = step.lr
      optimizer.groups[0].momentum = step.m
      parameter.grad = tensors["opt/grad\(index)"]!.clone()
      optimizer.step()
    }
    // The fixture holds the end alone: its tensors of the steps before share that memory.
    let difference = (parameter.detached() - tensors["opt/\(name)/param\(run.steps)"]!).abs().max().item
    #expect(difference < 1e-6)
    for (key, tensor) in optimizer.state[0]! where key != "step" {
      #expect((tensor - tensors["opt/\(name)/\(key)"]!).abs().max().item < 1e-6)
    }
  }

  @Test func withoutMomentumNothingIsRemembered() {
    let parameter = Tensor([1, 2] as [Float])
    parameter.requiresGrad = true
    parameter.grad = Tensor([1, -1] as [Float])
    let optimizer = SGD([ParameterGroup([parameter], learningRate: 0.5, momentum: 0)])
    optimizer.step()
    #expect(parameter.elements(Float.self) == [0.5, 2.5])
    #expect(optimizer.state.isEmpty)
  }

  @Test func parametersWithoutGradientAreLeftAlone() {
    let parameter = Tensor([1, 2] as [Float])
    parameter.requiresGrad = true
    let optimizer = SGD([ParameterGroup([parameter], learningRate: 1, weightDecay: 1)])
    optimizer.step()
    #expect(parameter.elements(Float.self) == [1, 2])
    #expect(optimizer.state.isEmpty)
  }

  @Test(arguments: [
    "cos_warmup_sgd", "cos_warmup_adam", "cos_warmup_adamw", "cos_warmup_sgd_default_ratio", "linear_sgd",
    "linear_adam",
    "step_sgd", "step_adam",
  ])
  func schedulesFollowPyTorch(name: String) throws {
    let expected = try #require(fixture.schedules[name])
    let policies: [String: LearningRateSchedule.Policy] = ["cos_warmup": .cosine, "linear": .linear, "step": .step]
    let schedule = LearningRateSchedule(
      policies[expected.policy]!, learningRate: expected.optimizerLr, totalSteps: expected.totalItrs,
      warmupSteps: (expected.pctStart ?? 0) * Double(expected.totalItrs), stepSize: expected.stepSize ?? 1,
      momentumRange: 0.85...0.95)
    // The value after the last step is never used.
    for step in 0..<expected.totalItrs {
      #expect(abs(schedule.learningRate(at: step) - expected.lr[step]) < 1e-12 + 1e-9 * expected.lr[step])
      if let momentum = schedule.momentum(at: step) {
        #expect(abs(momentum - expected.momentumOrBeta1[step]) < 1e-9)
      }
    }
  }

  @Test func polynomialAfterWarmup() {
    let schedule = LearningRateSchedule(.polynomial, learningRate: 2, totalSteps: 100, warmupSteps: 10, power: 0.9)
    #expect(abs(schedule.learningRate(at: 4) - 0.5 * 2 * pow(0.96, 0.9)) < 1e-12)
    #expect(abs(schedule.learningRate(at: 50) - 2 * pow(0.5, 0.9)) < 1e-12)
    #expect(schedule.momentum(at: 50) == nil)
  }

  @Test func averagesFollowTheReference() throws {
    let net = Sequential(Conv2d(2, 2, kernel: 1), BatchNorm2d(2))
    let entries = net.namedState
    let fills: [Formula.Fill] = [.fanIn, .bias, .one, .bias, .runningMean, .runningVar, .zero]
    for ((name, tensor), fill) in zip(entries, fills) { Formula.fill(tensor.detached(), key: name, as: fill) }
    let average = ParameterAverage(of: net)
    for update in fixture.averages {
      for (name, tensor) in entries {
        withoutGradients {
          if tensor.dtype.isFloatingPoint {
            let values = Formula.input(tensor.shape, key: "ema/\(name)/\(update.iteration)") * 0.5
            tensor.copyInPlace(values)
          } else {
            tensor.fillInPlace(Double(update.iteration))
          }
        }
      }
      average.update(with: net, decay: update.decay)
      for (name, expected) in update.state {
        let found = average.state[name]!.to(dtype: .float32).elements(Float.self)
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-6, "\(name), update \(update.iteration)") }
      }
    }
  }
}
