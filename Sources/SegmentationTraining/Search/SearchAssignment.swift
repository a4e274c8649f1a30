import Yams

/// A value for an option, or for an element of an option that is a list.
package struct SearchAssignment: Sendable {
  let key: SearchKey
  let value: SearchValue
  /// The place that the value comes from, for messages, such as `space.yaml:3`.
  let source: String

  package init(_ key: SearchKey, _ value: SearchValue, source: String) {
    self.key = key
    self.value = value
    self.source = source
  }
}

extension ConfigurationLoader {
  /// Replaces the values of some options.
  /// - Throws: `ConfigurationError` for a value that the options refuse, `SearchError` for an element that a list does
  ///   not have.
  package func load(_ assignments: [SearchAssignment], over base: Options) throws -> Options {
    let tree = OptionTree(base).node(by: \.key)
    var lists: [String: [String]] = [:]
    var overrides: [ConfigurationOverride] = []
    for assignment in assignments {
      let (option, value) = (assignment.key.option, assignment.value.yaml)
      guard let index = assignment.key.index else {
        overrides.append(ConfigurationOverride(option, yaml: value, source: assignment.source))
        continue
      }
      var list = lists[option] ?? elements(of: option, in: tree)
      // If the option does not exist, it is refused below together with all others.
      if keys.contains(option) {
        guard list.indices.contains(index) else {
          throw SearchError(
            "\(assignment.source): \(option)[\(index)]: "
              + (list.isEmpty
                ? "the configuration has no list there" : "the list in the configuration has \(list.count) elements"))
        }
        list[index] = value
      }
      lists[option] = list
      overrides.removeAll { $0.key == option }
      let text = "[\(list.joined(separator: ", "))]"
      overrides.append(ConfigurationOverride(option, yaml: text, source: assignment.source))
    }
    return try load(yaml: yaml(base), name: "the configuration", overrides: overrides)
  }

  private func elements(of option: String, in tree: Node) -> [String] {
    var node: Node? = tree
    for part in option.split(separator: ".") { node = node?.mapping?[String(part)] }
    return node?.sequence?.map(SearchValue.flow) ?? []
  }
}
