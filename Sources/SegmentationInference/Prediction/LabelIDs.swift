import SegmentationImage

/// The ids that a data set's masks have for a network's classes.
package struct LabelIDs: Sendable {
  /// The id of each class number.
  private let table: [UInt8]

  /// Finds the id of each class by its name.
  /// - Parameters:
  ///   - classes: The names of the network's classes in the order of their numbers.
  ///   - ids: The id of each class of the data set.
  ///   - name: What messages call the data set.
  /// - Throws: `PredictionProductError` if a class is none of the data set's, or classes have no names.
  package init(of classes: [String], in ids: [String: UInt8], of name: String) throws(PredictionProductError) {
    guard !classes.isEmpty else {
      throw PredictionProductError(
        "the network's classes have no names, by which \(name)'s ids are found: give a data set by --dataset")
    }
    // Id 0 marks pixels without a label.
    var table = [UInt8](repeating: 0, count: 256)
    for (number, className) in classes.enumerated().prefix(256) {
      guard let id = ids[className] else {
        throw PredictionProductError("the network's class '\(className)' is no class of \(name)")
      }
      table[number] = id
    }
    self.table = table
  }

  /// A mask of ids in place of class numbers.
  package func mask(of classes: Mask) -> Mask {
    Mask(height: classes.height, width: classes.width, values: classes.values.map { table[Int($0)] })
  }
}
