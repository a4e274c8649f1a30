import Basics
import Files
import Foundation

/// A table of scores as plain text.
package struct ScoreTable {
  let classNames: [String]
  let scores: [String: Double]
  let classScores: [String: [String: Double]]
  /// The number of labelled pixels by class.
  let classPixels: [String: Int64]
  let absentClasses: AbsentClasses

  package init(
    classNames: [String], scores: [String: Double], classScores: [String: [String: Double]],
    classPixels: [String: Int64],
    absentClasses: AbsentClasses
  ) {
    self.classNames = classNames
    self.scores = scores
    self.classScores = classScores
    self.classPixels = classPixels
    self.absentClasses = absentClasses
  }

  /// A line for each class, in percent, the means below, and then the scores that do not exist by class.
  package func text() -> String {
    let columns = MetricSet.scores.filter { kind in kind.byClass.map { classScores[$0.name] != nil } ?? false }
    let total = classPixels.values.reduce(0, +)
    var rows = [["class"] + columns.map { "\($0.byClass!.title) %" } + ["pixels %"]]
    for name in classNames {
      let pixels = classPixels[name] ?? 0
      let values = columns.enumerated().map { index, kind in
        index == 0 && pixels == 0 ? "absent" : percent(classScores[kind.byClass!.name]![name])
      }
      rows.append(
        [name.printable(limit: 80)] + values + [percent(total > 0 ? Double(pixels) / Double(total) : nil)])
    }
    let means = ["mean"] + columns.map { percent(scores[$0.name]) } + [""]
    let table = TextTable.lines(rows + [means], [.left] + means.dropFirst().map { _ in .right })
    let rule = String(repeating: "-", count: table.map(\.count).max() ?? 0)
    let lines = [table[0], rule] + table[1..<rows.count] + [rule, table[rows.count]]
    let overall = MetricSet.scores.filter { $0.byClass == nil && scores[$0.name] != nil }
      .map { "\($0.title) \(percent(scores[$0.name])) %" }
    let ends = [coverage, overall.joined(separator: ", ")].filter { !$0.isEmpty }
    return (lines + ends).joined(separator: "\n") + "\n"
  }

  private var coverage: String {
    let absent = classNames.filter { classPixels[$0, default: 0] == 0 }
    let names = absent.map { $0.printable(limit: 80) }.joined(separator: ", ")
    return "mean over \(AbsentClasses.coverage(absent.count, of: classNames.count, absentClasses))"
      + (absent.isEmpty ? "" : "; without labelled pixels\(absentClasses == .zero ? ", counted as 0" : ""): \(names)")
  }

  private func percent(_ share: Double?) -> String { share.map { String(format: "%.2f", $0 * 100) } ?? "-" }
}

extension AbsentClasses {
  /// The number of classes that a mean covers in words, such as "9 of 11 classes".
  static func coverage(_ absent: Int, of all: Int, _ absentClasses: AbsentClasses) -> String {
    absent == 0 || absentClasses == .zero ? "all \(all) classes" : "\(all - absent) of \(all) classes"
  }
}
