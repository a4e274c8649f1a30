import Files
import Torch

/// Reads numbers out of a dictionary of a checkpoint. All are checked, since the file may come from anywhere.
struct CheckpointFields {
  /// The dictionary.
  let values: PickleValue
  let file: String
  /// What stands before the keys in messages: `rtseg`.
  let path: String

  func integer(_ key: String, in range: ClosedRange<Int>) throws(TrainingError) -> Int {
    let value = values[.string(key)]
    guard let number = value?.int, range.contains(number) else {
      let expected =
        range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
      throw refuse(key, expected: "a whole number, \(expected)", found: value)
    }
    return number
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws(TrainingError) -> Double {
    let value = values[.string(key)]
    guard let number = value?.double, range.contains(number) else {
      throw refuse(key, expected: "a number, \(range.lowerBound) to \(range.upperBound)", found: value)
    }
    return number
  }

  func flag(_ key: String) throws(TrainingError) -> Bool {
    let value = values[.string(key)]
    guard let flag = value?.bool else { throw refuse(key, expected: "true or false", found: value) }
    return flag
  }

  /// Tensors by name; `nil` if the file says `None`.
  func state(_ key: String) throws(TrainingError) -> StateDictionary? {
    let value = values[.string(key)]
    if case .none? = value { return nil }
    guard let pairs = value?.dictionary?.pairs else {
      throw refuse(key, expected: "tensors by name", found: value)
    }
    var state = StateDictionary()
    for (name, value) in pairs {
      guard case .string(let text) = name, case .tensor(let tensor) = value else {
        throw refuse("\(key) / \(name.text)", expected: "a tensor", found: value)
      }
      state[text] = tensor
    }
    return state
  }

  func refuse(_ key: String, expected: String, found: PickleValue?) -> TrainingError {
    TrainingError(
      "\(file): the training state in it is damaged: \(path) / \(key.printable(limit: 100)): expected \(expected), "
        + "found \(Self.text(found)); resume from another checkpoint, or start from the weights with --init")
  }

  private static func text(_ value: PickleValue?) -> String {
    switch value {
    case nil: "nothing"
    case .int(let value)?: "\(value)"
    case .double(let value)?: "\(value)"
    case .bool(let value)?: "\(value)"
    case .string(let text)?: "'\(text.printable(limit: 40))'"
    case let value?: value.kind.printable(limit: 100)
    }
  }
}
