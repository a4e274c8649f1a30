import Torch

/// A part of a network that published weights of a classification network fit into.
public protocol Pretrainable: Module {
  /// How those weights' files spell the tensors.
  var pretrainedNames: PretrainedNames { get }
}

/// How a file of pretrained weights spells the tensors of a module.
public struct PretrainedNames: Sendable {
  /// The module's name of a tensor of the file; `nil` for one that the module has no use for, such as a classifier's.
  public let name: @Sendable (_ key: String) -> String?
  /// Beginnings of names that the module has and such files have not.
  public let added: [String]

  /// Makes names from a function.
  /// - Parameters:
  ///   - added: Beginnings of names that the module has and such files have not.
  ///   - name: The module's name for a name of the file; `nil` for a tensor that the module does not use.
  public init(added: [String] = [], name: @escaping @Sendable (_ key: String) -> String?) {
    self.added = added
    self.name = name
  }

  /// The module's own names, and a classifier's that begin with `prefix`, which are not used.
  public init(classifier prefix: String, added: [String] = []) {
    self.init(added: added) { $0.hasPrefix(prefix) ? nil : $0 }
  }
}

extension SegmentationModel {
  /// The backbone or encoder that published weights fit into; `nil` where there is none.
  public var pretrainable: (any Pretrainable)? {
    var result: (any Pretrainable)?
    visit { _, module in result = result ?? module as? any Pretrainable }
    return result
  }
}
