import Basics
import Foundation

/// The tree of a loader's defaults: made when it is first asked for, since that takes milliseconds, and then shared by all
/// loads.
final class DefaultTree: @unchecked Sendable {  // the lock guards the tree, whose values are options and thus sendable
  private let lock = NSLock()
  private var tree: OptionTree?

  func callAsFunction(of defaults: some Sendable) -> OptionTree {
    lock.withLock {
      if let tree { return tree }
      let made = OptionTree(defaults)
      tree = made
      return made
    }
  }
}

extension ConfigurationLoader {
  /// Whether all sections of some options accept their values: much faster than to find the place of one that does not.
  static func isValid(_ section: Any) -> Bool {
    let mirror = Mirror(reflecting: section)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { isValid($0.value) } ?? true
    case .struct:
      guard mirror.children.allSatisfy({ isValid($0.value) }) else { return false }
      guard let options = section as? any ValidatedOptions else { return true }
      return (try? options.validate()) != nil
    default: return true
    }
  }
}
