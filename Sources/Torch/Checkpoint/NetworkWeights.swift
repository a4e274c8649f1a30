import Files
import Foundation

/// The weights of one network among all that a checkpoint holds.
///
/// Trainers put a network's weights under keys and prefixes of their own (`state_dict`, `model.`, `module._orig_mod.`,
/// ...), with other things beside them. No list of these is needed: the weights are found by the network's own names.
public struct NetworkWeights {
  /// The tensors, without the prefix.
  public let state: StateDictionary
  /// The place of the tensors in the file, such as `state_dict / model.`; empty if they are the whole file.
  public let place: String
  /// Other places with as many weights of the network, which are not averaged as these are.
  public let others: [String]

  /// The place in words that follow a file's name in messages: " from 'model.'"; empty for the usual places.
  public var origin: String {
    if place.isEmpty || place == "state_dict" { return "" }
    let choice =
      others.isEmpty ? "" : ", the averaged weights (the others are in '\(others.joined(separator: "', '"))')"
    return " from '\(place)'\(choice)"
  }
}

extension NetworkWeights {
  /// Finds the weights in the content of a checkpoint.
  /// - Parameters:
  ///   - shapes: The network's tensors by name.
  ///   - spelling: The network's name for a name of the file; `nil` if it has none.
  /// - Throws: `CheckpointError` if there are none, or if several places hold some.
  package init(
    in value: PickleValue, file: String, shapes: [String: [Int]],
    spelling: (String) -> String? = { $0 }
  ) throws {
    let parts = Part.all(in: value)
    let matches = parts.flatMap { $0.matches(shapes, spelling) }
    guard let best = matches.map(\.score).max() else { throw Self.noWeights(in: value, parts, file, shapes) }
    let (chosen, others) = try Self.choose(matches.filter { $0.score == best }, file)
    state = try chosen.state(file, shapes, spelling)
    place = chosen.place
    self.others = others
  }

  /// Chooses among several places that have as many of the network's weights.
  private static func choose(_ matches: [Match], _ file: String) throws -> (Match, others: [String]) {
    let first = matches[0]
    if matches.dropFirst().allSatisfy(first.hasSameValues) { return (first, []) }
    // A trainer that keeps an average of the weights evaluates the average.
    let averaged = matches.filter(\.isAveraged)
    guard averaged.count == 1 else {
      let places = matches.map { "'\($0.place)'" }
      throw CheckpointError(
        file,
        "holds the network's weights in \(places.count) places, \(places.prefix(4).joined(separator: ", ")): "
          + "save those that are meant in a file of their own with torch.save, and give that")
    }
    return (averaged[0], matches.filter { !$0.isAveraged }.map(\.place))
  }

  private static func noWeights(
    in value: PickleValue, _ parts: [Part], _ file: String, _ shapes: [String: [Int]]
  ) -> CheckpointError {
    guard let largest = parts.max(by: { $0.tensors.count < $1.tensors.count }) else {
      return Checkpoint.noTensors(in: value, file: file)
    }
    func list(_ names: some Sequence<String>) -> String {
      names.lazy.filter { !isBatchCounter($0) }.prefix(3).map { $0.printable(limit: 100) }.joined(separator: ", ")
    }
    let place = largest.place.isEmpty ? "" : " in '\(largest.place)'"
    return CheckpointError(
      file, "none of the weights in it is this network's", expected: "names such as \(list(shapes.keys.sorted()))",
      found: list(largest.tensors.map(\.name)) + place)
  }
}

/// A dictionary with tensors in a checkpoint.
private struct Part {
  let path: [String]
  let tensors: [(name: String, value: PickleValue)]

  var place: String { path.joined(separator: " / ").printable(limit: 100) }

  /// All dictionaries with tensors, the outer ones first. In a training state of RTSeg only the network's own weights
  /// count, and not their averages.
  static func all(in value: PickleValue) -> [Part] {
    var parts: [Part] = []
    if value["rtseg"]?.dictionary != nil, let state = value["state_dict"] {
      collect(state, ["state_dict"], &parts)
    } else {
      collect(value, [], &parts)
    }
    return parts
  }

  private static let deepest = 4
  private static let most = 10_000

  private static func collect(_ value: PickleValue, _ path: [String], _ parts: inout [Part]) {
    guard let dictionary = value.dictionary, parts.count < most else { return }
    let tensors = dictionary.pairs.compactMap { key, value -> (String, PickleValue)? in
      guard case .string(let name) = key else { return nil }
      switch value {
      case .tensor, .opaque: return (name, value)
      default: return nil
      }
    }
    if tensors.contains(where: { $0.1.tensor != nil }) { parts.append(Part(path: path, tensors: tensors)) }
    guard path.count < deepest else { return }
    for (key, value) in dictionary.pairs where value.dictionary != nil { collect(value, path + [key.text], &parts) }
  }

  /// The parts of the network in this dictionary, by the prefix of the names: the best prefix, or several that are as
  /// good.
  func matches(_ shapes: [String: [Int]], _ spelling: (String) -> String?) -> [Match] {
    var scores: [String: Score] = [:]
    for (name, value) in tensors {
      for start in Self.starts(of: name) {
        guard let own = spelling(String(name[start...])), let shape = shapes[own], !isBatchCounter(own) else {
          continue
        }
        scores[String(name[..<start]), default: Score()].add(isFitting: value.tensor?.shape == shape)
      }
    }
    // A prefix has to lead to more than a few names in common.
    let needed = shapes.keys.count { !isBatchCounter($0) } / 4
    let candidates = scores.filter { $0.key.isEmpty || $0.value.named > needed }
    guard let best = candidates.values.max() else { return [] }
    return candidates.filter { $0.value == best }.keys.sorted().map { Match(part: self, prefix: $0, score: best) }
  }

  /// The places in a name at which the network's own name may begin: the start, and after each point.
  private static func starts(of name: String) -> [String.Index] {
    var starts = [name.startIndex]
    for index in name.indices where name[index] == "." && starts.count < 32 { starts.append(name.index(after: index)) }
    return starts.filter { $0 < name.endIndex }
  }
}

/// The share of a network that a part has: by name and shape first, then by name alone.
private struct Score: Comparable {
  private(set) var fitting = 0
  private(set) var named = 0

  mutating func add(isFitting: Bool) {
    named += 1
    if isFitting { fitting += 1 }
  }

  static func < (a: Score, b: Score) -> Bool { (a.fitting, a.named) < (b.fitting, b.named) }
}

/// A part and the prefix of a network's names in it.
private struct Match {
  let part: Part
  let prefix: String
  let score: Score

  var place: String { (part.path + (prefix.isEmpty ? [] : [prefix])).joined(separator: " / ").printable(limit: 100) }

  private static let averages: Set<Substring> = ["ema", "average", "averaged", "avg", "swa"]

  var isAveraged: Bool {
    let words = (part.path.joined(separator: ".") + "." + prefix).lowercased().split { !$0.isLetter }
    return words.contains(where: Self.averages.contains)
  }

  /// The tensors under the prefix, without those that are known to lie beside a network's.
  func state(
    _ file: String, _ shapes: [String: [Int]], _ spelling: (String) -> String?
  ) throws -> StateDictionary {
    var state = StateDictionary()
    for (name, value) in part.tensors where name.hasPrefix(prefix) {
      let rest = String(name.dropFirst(prefix.count))
      let isOwn = spelling(rest).map { shapes[$0] != nil } ?? false
      switch value {
      case .tensor(let tensor): if isOwn || !Self.liesBeside(rest) { state[rest] = tensor }
      default:
        guard isOwn else { continue }
        throw CheckpointError(file, key: name, "not a weight", expected: "a tensor", found: value.kind)
      }
    }
    return state
  }

  /// Whether a name belongs to the weights of a loss, or to a count of averages or of operations.
  private static func liesBeside(_ name: String) -> Bool {
    let first = name.prefix { $0 != "." }.lowercased()
    let last = name.split(separator: ".").last ?? ""
    return first.contains("loss") || first.hasPrefix("criteri") || first == "n_averaged"
      || last == "total_ops" || last == "total_params"
  }

  func hasSameValues(_ other: Match) -> Bool {
    let own = Dictionary(part.tensors.map { ($0.name, $0.value) }) { first, _ in first }
    return other.part.tensors.allSatisfy { name, value in
      guard name.hasPrefix(other.prefix), let tensor = value.tensor else { return true }
      guard let mine = own[prefix + name.dropFirst(other.prefix.count)]?.tensor else { return false }
      return mine.shape == tensor.shape && mine.dtype == tensor.dtype && mine.equals(tensor)
    }
  }
}

extension Checkpoint {
  /// Reads a file's weights for a network; see `NetworkWeights`.
  /// - Throws: `FileError` or `CheckpointError`.
  public static func readWeights(from url: URL, for network: Module) throws -> NetworkWeights {
    try NetworkWeights(in: try read(from: url), file: url.path, shapes: network.stateShapes)
  }

  /// The error for a checkpoint without tensors.
  static func noTensors(in value: PickleValue, file: String) -> CheckpointError {
    func whole(_ what: String, _ place: String) -> CheckpointError {
      CheckpointError(
        file,
        "it holds a whole Python object and no plain weights (\(what)); save the weights alone in Python: "
          + "torch.save(torch.load(FILE, weights_only=False)\(place).state_dict(), 'weights.pth')")
    }
    if case .opaque(let what) = value { return whole(what, "") }
    guard let dictionary = value.dictionary else {
      return CheckpointError(file, "no weights", expected: "a dictionary of tensors", found: value.kind)
    }
    let objects = dictionary.pairs.compactMap { key, value -> (name: String, what: String)? in
      guard case .opaque(let what) = value else { return nil }
      return (key.text, what)
    }
    let usual = ["ema", "model", "net", "network", "module", "generator"]
    if let object = objects.first(where: { usual.contains($0.name) }) {
      return whole(object.what, "['\(object.name)']")
    }
    let names = dictionary.keys.prefix(8).map(\.text).joined(separator: ", ")
    return CheckpointError(file, "no weights", expected: "tensors, or a state_dict", found: "only \(names)")
  }
}

extension Module {
  /// The shapes of all parameters and buffers by name.
  package var stateShapes: [String: [Int]] {
    Dictionary(namedState.map { ($0.name, $0.tensor.shape) }) { first, _ in first }
  }
}
