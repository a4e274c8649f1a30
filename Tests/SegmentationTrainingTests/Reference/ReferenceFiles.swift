import Foundation
import SegmentationTraining

/// The two files that are made from the documentation of the options.
enum ReferenceFiles {
  static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL
  /// The meanings that the program shows.
  static let meanings = root.appending(path: "Sources/SegmentationTraining/Reference/OptionMeanings.swift")
  /// The page for readers.
  static let page = root.appending(path: "docs/configuration.md")

  /// The text of each declaration that the reference needs, read from the sources.
  static func texts() throws -> [String: String] {
    let needed = OptionReference(meanings: [:]).declarations
    // In `Module.Type.member` and `Module.Outer.Type.member`, all parts that can be types are taken.
    let types = Set(
      needed.flatMap { $0.split(separator: ".").dropFirst().filter { $0.first!.isUppercase } }.map(String.init))
    return try DocumentationReader(sources: root.appending(path: "Sources"), types: types).texts
      .filter { needed.contains($0.key) }
  }

  /// The Swift file with the meanings and ranges.
  static func swift(_ texts: [String: String], ranges: [String: String]) -> String {
    func rows(_ values: [String: String]) -> String {
      values.sorted { $0.key < $1.key }.map { name, text in
        let quoted = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "    \"\(name)\":\n      \"\(quoted)\",\n"
      }.joined()
    }
    return """
      // swift-format-ignore-file
      // Made by scripts/configuration-reference from the documentation and the checks of the options; do not edit.

      /// The meaning of each configuration key, by the name of its declaration.
      enum OptionMeanings {
        static let texts: [String: String] = [
      \(rows(texts))  ]

        /// The range of each key that has one, by its name.
        static let ranges: [String: String] = [
      \(rows(ranges))  ]
      }

      """
  }
}
