import SegmentationImage
import Synchronization

/// The problems of single files and shapes of an import, which were left out.
public final class AnnotationFindings: Sendable {
  /// A problem that many files and shapes may have.
  public enum Kind: String, CaseIterable, Sendable {
    /// An image that annotations name is not there, or lies where it may not be read.
    case missingImage = "image is not there, or lies outside of the folder"
    /// A file cannot be read.
    case unreadable = "file cannot be read"
    /// The annotations are for an image of another size.
    case otherSize = "annotations are for another size"
    /// A shape's label is not among the classes.
    case unknownLabel = "label is not among the classes"
    /// A shape has no area.
    case empty = "shape has no area"
    /// A shape lies outside of its image, at least partly.
    case outside = "shape leaves its image"
    /// A shape of a kind that has no area, such as a point.
    case kind = "shape is of a kind that labels no pixels"
    /// Two annotations have the same number.
    case duplicate = "annotation is there twice"
    /// A shape names an image that is not listed.
    case unknownImage = "image is not listed"
    /// A mask has a value or a color that stands for no class.
    case unknownValue = "value stands for no class"
    /// An image has no annotations.
    case unlabelled = "image has no annotations"
  }

  /// The number of lines that are kept for each kind.
  public static let linesOfKind = 10

  private struct State {
    var counts: [Kind: Int] = [:]
    var lines: [Kind: [String]] = [:]
  }

  private let state = Mutex(State())

  /// Nothing found yet.
  public init() {}

  /// Notes a problem.
  /// - Parameters:
  ///   - place: The file, and the shape in it if there is one.
  ///   - detail: What was found and what becomes of it.
  package func add(_ kind: Kind, _ place: String, _ detail: String) {
    state.withLock { state in
      state.counts[kind, default: 0] += 1
      let line = "\(place): \(detail)".printable(limit: 500)
      // The first lines in the order of their text, so that they do not depend on the order of work.
      var lines = state.lines[kind] ?? []
      guard lines.count < Self.linesOfKind || line < lines[lines.count - 1] else { return }
      lines.insert(line, at: lines.firstIndex { line < $0 } ?? lines.count)
      state.lines[kind] = Array(lines.prefix(Self.linesOfKind))
    }
  }

  /// The number of problems of each kind that occurred.
  public var counts: [(kind: Kind, count: Int)] {
    let counts = state.withLock { $0.counts }
    return Kind.allCases.compactMap { kind in counts[kind].map { (kind, $0) } }
  }

  /// One line for each of the first problems of a kind.
  public func lines(of kind: Kind) -> [String] { state.withLock { $0.lines[kind] ?? [] } }
}
