import Foundation

/// The files that a command is going to write, compared with each other and with those that it reads, before it does
/// either.
///
/// A result may replace a file that is there already, such as that of an earlier run, but no input of the same run, however
/// the two are named, and no other result.
package struct OutputPlan {
  /// A file to be written. The source is an image's path or an option's name, for messages.
  package struct Output: Sendable {
    package let path: String
    package let source: String

    package init(_ path: String, of source: String) {
      self.path = path
      self.source = source
    }
  }

  private var inputs: [FileIdentity: String] = [:]
  private var outputs: [Output] = []

  package init() {}

  /// Adds a file that is read; one that is not there is left for its reader to report.
  package mutating func add(input path: String) {
    if let identity = FileSystem.identity(of: path) { inputs[identity] = path }
  }

  /// Adds a file that is to be written.
  package mutating func add(output path: String, of source: String) { outputs.append(Output(path, of: source)) }

  /// - Throws: `OutputConflict` for the first result that would replace an input, another result, or something other than
  ///   a file.
  package func check() throws(OutputConflict) {
    var places: [[UInt8]: Output] = [:]
    var placesByLetters: [String: Output] = [:]
    for output in outputs {
      if let identity = FileSystem.identity(of: output.path), let input = inputs[identity] {
        throw OutputConflict(
          "the result \(output.path.printable(limit: 300)) would replace the input \(input.printable(limit: 300)): "
            + "choose another place for the results")
      }
      if let kind = FileSystem.kind(of: output.path), kind != .file {
        throw OutputConflict(
          "the result \(output.path.printable(limit: 300)) cannot be written: "
            + (kind == .folder ? "a folder of this name is there" : "it is not a file"))
      }
      let place = FileSystem.place(of: output.path)
      let other =
        places.updateValue(output, forKey: FileName.bytes(place))
        ?? placesByLetters.updateValue(output, forKey: place.lowercased()).flatMap { other in
          FileSystem.ignoresCase(in: FileSystem.folder(of: place)) ? other : nil
        }
      if let other {
        throw OutputConflict(
          "\(other.source.printable(limit: 300)) and \(output.source.printable(limit: 300)) would both be written to "
            + "\(output.path.printable(limit: 300)): give them different names")
      }
    }
  }
}

/// A result that would replace an input or another result.
package struct OutputConflict: Error, CustomStringConvertible, Equatable {
  package let description: String

  init(_ description: String) { self.description = description }
}
