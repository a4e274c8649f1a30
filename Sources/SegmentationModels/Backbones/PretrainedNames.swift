/// How a file of pretrained weights spells the tensors of a module.
public struct PretrainedNames: Sendable {
  /// The module's name of a tensor of the file; `nil` for one that the module has no use for, such as a classifier's.
  public let name: @Sendable (_ key: String) -> String?
  /// Beginnings of names that the module has and such files have not.
  public let added: [String]

  public init(added: [String] = [], name: @escaping @Sendable (_ key: String) -> String?) {
    self.added = added
    self.name = name
  }
}
