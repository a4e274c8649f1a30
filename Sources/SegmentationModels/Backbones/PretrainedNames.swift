import Torch

/// A part of a network into which published weights of a classification network fit.
public protocol Pretrainable: Module {
  /// The spelling of the tensors in files of those weights.
  var pretrainedNames: PretrainedNames { get }
}

/// The spelling of a module's tensors in a file of pretrained weights.
public struct PretrainedNames: Sendable {
  /// The module's name for a tensor of the file; `nil` for one that the module does not use, such as a classifier's.
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

  /// Makes names from a function, of which those that a module does not have are not used.
  init(within module: Module, added: [String] = [], name: @escaping @Sendable (_ key: String) -> String) {
    let known = Set(module.namedState.map(\.name))
    self.init(added: added) { key in
      let own = name(key)
      return known.contains(own) ? own : nil
    }
  }

  /// Makes names that equal the module's own. Names that begin with `prefix` belong to a classifier and are not used.
  public init(classifier prefix: String, added: [String] = []) {
    self.init(added: added) { $0.hasPrefix(prefix) ? nil : $0 }
  }
}

extension SegmentationModel {
  /// The backbone or encoder into which published weights fit; `nil` if there is none.
  public var pretrainable: (any Pretrainable)? {
    var result: (any Pretrainable)?
    visit { _, module in result = result ?? module as? any Pretrainable }
    return result
  }
}
