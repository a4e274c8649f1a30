import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// `last.pth` of other hands: what is not as a run writes it is refused, and the folder stays as it was.
@Suite(.serialized) final class ResumeTests: TrainsOnScenes {
  let scenes: SceneFolder
  let checkpoint: URL
  let options: TrainingOptions

  init() throws {
    scenes = try SceneFolder(5, width: 64)
    options = scenes.options("run") {
      $0.epochs = 2
      $0.averaging.enabled = true
    }
    checkpoint = scenes.url.appending(path: "run/last.pth")
    let run = try trainer(options)
    run.shouldStop = { $0 == .step(1) }
    try run.run()
  }

  struct Change: Sendable, CustomStringConvertible {
    let path: [PickleKey]
    let value: @Sendable (_ old: PickleValue) throws -> PickleValue
    let problem: String
    var description: String { "\(path.map(\.text).joined(separator: "/")): \(problem)" }

    init(
      _ path: PickleKey..., to value: @escaping @Sendable (_ old: PickleValue) throws -> PickleValue, _ problem: String
    ) {
      self.path = path
      self.value = value
      self.problem = problem
    }

    func callAsFunction(_ content: PickleValue, _ path: ArraySlice<PickleKey>) throws -> PickleValue {
      guard let key = path.first else { return try value(content) }
      var dictionary = try #require(content.dictionary)
      dictionary.set(key, try self(dictionary[key] ?? .none, path.dropFirst()))
      return .dictionary(dictionary)
    }

    /// Another value in the JSON of the network's card.
    static func card(_ key: String, _ value: some Sendable, _ problem: String) -> Change {
      Change(
        "rtseg", "card",
        to: { old in
          let text = try #require(old.string)
          var card = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
          card[key] = value
          return .string(String(decoding: try JSONSerialization.data(withJSONObject: card), as: UTF8.self))
        }, problem)
    }

    static func number(_ path: PickleKey..., to value: PickleValue, _ problem: String) -> Change {
      let box = Box(value: value)
      return Change(path: path, problem) { _ in box.value }
    }

    private init(path: [PickleKey], _ problem: String, _ value: @escaping @Sendable (PickleValue) throws -> PickleValue)
    {
      self.path = path
      self.value = value
      self.problem = problem
    }

    private struct Box: @unchecked Sendable { let value: PickleValue }
  }

  static let changes: [Change] = [
    .number(
      "rtseg", "step_in_epoch", to: -1, "rtseg / step_in_epoch: expected a whole number, 0 to 2147483647, found -1"),
    .number("rtseg", "step_in_epoch", to: 3, "rtseg / step: expected a whole number, 3 or more, found 1"),
    .number("rtseg", "epoch", to: .int(.max), "rtseg / epoch: expected a whole number"),
    .number("rtseg", "step", to: 5, "do not fit this run's epochs of 2 steps"),
    .number("rtseg", "loss_count", to: .int(.max), "rtseg / loss_count: expected a whole number, 0 to 1"),
    .number("rtseg", "loss_sum", to: .double(.nan), "rtseg / loss_sum: expected a number"),
    .number("rtseg", "version", to: 2, "a newer rtseg"),
    .number("rtseg", "validation_pending", to: true, "rtseg / validation_pending"),
    .number("best_score", to: .double(.infinity), "checkpoint / best_score: expected a number"),
    .number("state_dict", to: .none, "checkpoint / state_dict: expected tensors by name"),
    .number("optimizer", to: .none, "it has no state of the optimizer"),
    .number("rtseg", "average", to: .none, "averaged weights"),
    .number("rtseg", "scaler", to: ["scale": 0, "good_steps": 1], "rtseg / scaler / scale: expected a number"),
    .number("rtseg", "random_states", to: .none, "rtseg / random_states: expected the states"),
    .number("rtseg", "random_states", to: [], "rtseg / random_states: expected the states"),
    Change(
      "rtseg", "random_states", to: { _ in [.tensor(Tensor([1] as [UInt8]))] }, "the random numbers in it is damaged"),
    Change(
      "rtseg", "random_states", to: { [.tensor($0.elements![0].tensor!.to(dtype: .float32))] },
      "the random numbers in it is damaged"),
    Change(
      "rtseg", "random_states",
      to: { [.tensor(cat([$0.elements![0].tensor!, Tensor([1] as [UInt8])], dimension: 0))] },
      "the random numbers in it is damaged"),
    Change(
      "rtseg", "average", "classifier.conv.bias", to: { _ in .tensor(Tensor([1] as [Float])) },
      "of the averaged weights"),
    Change("rtseg", "average", "x", to: { _ in .tensor(Tensor([1] as [Float])) }, "unexpected: x"),
    Change("rtseg", "average", "x", to: { _ in 1 }, "rtseg / average / x: expected a tensor, found 1"),
    Change(
      "optimizer", "state", 0, "exp_avg", to: { _ in .tensor(Tensor([1] as [Float])) },
      "exp_avg of parameter 0: expected float32"),
    Change(
      "optimizer", "state", 0, "momentum_buffer", to: { _ in .tensor(Tensor([1] as [Float])) },
      "expected exp_avg, exp_avg_sq, step, found exp_avg, exp_avg_sq, momentum_buffer, step"),
    Change(
      "optimizer", "state", 3, "step", to: { _ in .tensor(Tensor.full([], .nan)) },
      "step of parameter 3: expected a number of steps, found nan"),
    Change("optimizer", "state", 100_000, to: { _ in ["step": 1] }, "it has a parameter 100000"),
    .card("colors", [[1, 2]], "colors: expected one for each of the 19 classes, found 1"),
    .card("colors", [[Int]](repeating: [1, 2], count: 19), "colors: expected three numbers for each, found 2"),
    .card("mean", [0.5, 0.5], "std: expected a number from a millionth"),
    .card("std", [0.5, 0, 0.5], "std: expected a number from a millionth"),
    .card("std", [0.5, .leastNonzeroMagnitude, 0.5], "std: expected a number from a millionth"),
    .card("mean", [0.5, 1e308, 0.5], "mean: expected a number of at most a million"),
    .card("classes", ["a", "a"], "classes: expected each name once"),
    .card("classes", ["a\u{1B}[2J"], "classes: expected names without control characters"),
    .number("rtseg", "card", to: "{", "the card of the network in it is damaged"),
  ]

  /// All on one run, which takes a second to make.
  @Test func `a damaged or crafted state is refused and nothing changes`() throws {
    let content = try Checkpoint.read(from: checkpoint)
    let names = try files(in: folder.appending(path: "run"))
    for change in Self.changes {
      try Checkpoint.write(try change(content, change.path[...]), to: checkpoint)
      let bytes = try Data(contentsOf: checkpoint)
      let problem = message { _ = try trainer(options, resume: true) }
      #expect(problem?.contains(change.problem) == true, "\(change) gave \(problem ?? "no error")")
      #expect(problem?.contains("last.pth: ") == true && problem?.contains("\n") == false, "\(change)")
      #expect(try Data(contentsOf: checkpoint) == bytes)
      #expect(try files(in: folder.appending(path: "run")) == names)
    }
    try Checkpoint.write(content, to: checkpoint)
    #expect(try trainer(options, resume: true).run().steps == 4)
  }
}
