import Foundation
import SegmentationData
import Testing

/// All commands and files exist that README, the pages in `docs` and the recipes tell users to type.
@Suite struct DocumentationTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// The paths of the texts for users, relative to the repository.
  static let texts: [String] = {
    func files(_ folder: String, _ suffix: String) -> [String] {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)) ?? []
      return names.filter { $0.hasSuffix(suffix) }.sorted().map { "\(folder)/\($0)" }
    }
    return ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Benchmarks/README.md"] + files("docs", ".md")
      + files("configs", ".yaml") + files("configs/search", ".yaml")
  }()

  private func text(_ name: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: name), encoding: .utf8)
  }

  @Test func everyCommandLineIsOneThatTheProgramTakes() throws {
    let program = try CommandTree.program()
    let commands = try Self.texts.flatMap { try DocumentedCommand.all(in: Self.root.appending(path: $0), name: $0) }
    for command in commands {
      let problem = program.problem(with: command.words)
      #expect(problem == nil, "\(command.place): rtseg \(command.words.joined(separator: " "))")
    }
    // A reader that finds nothing would find no mistake.
    #expect(commands.count { $0.place.hasPrefix("README.md") } >= 5)
    #expect(commands.count >= 50)
  }

  @Test(arguments: [
    ("rtseg trian --config a.yaml", "rtseg has no command trian"),
    ("rtseg train --confg a.yaml", "train has no option --confg"),
    ("rtseg predict --input a --output b", "predict needs --checkpoint"),
    ("rtseg predict --input", "--input has no value"),
    ("rtseg val --checkpoint a.pth --split vall", "--split does not take vall"),
    ("rtseg models a b", "models has no place for b"),
    ("rtseg report --output a.html", "report needs <run>"),
    ("srun rtseg data chek; fi", "data has no command chek"),
    ("rtseg --generate-completion-script tcsh", "expected the name of a shell"),
  ]) func aCommandThatDoesNotExistIsFound(_ line: String, _ problem: String) throws {
    let words = try #require(DocumentedCommand.words(in: line).first)
    #expect(try CommandTree.program().problem(with: words) == problem)
  }

  @Test func linesOfShellAreRead() {
    #expect(DocumentedCommand.words(in: "cd /opt/rtseg") == [])
    #expect(DocumentedCommand.words(in: "A=1 .build/release/rtseg val --json # a note") == [["val", "--json"]])
    #expect(
      DocumentedCommand.words(in: "if [ -e a ]; then exec rtseg train --resume a; fi") == [["train", "--resume", "a"]])
    #expect(DocumentedCommand.words(in: "rtseg runs | head && rtseg doctor") == [["runs"], ["doctor"]])
  }

  /// Links to files of the repository, and to headings in them.
  @Test(arguments: texts.filter { $0.hasSuffix(".md") }) func everyLinkLeadsSomewhere(_ name: String) throws {
    let folder = Self.root.appending(path: name).deletingLastPathComponent()
    for link in try text(name).matches(of: /\]\(([^)\s]+)\)/).map({ String($0.1) }) where !link.contains("://") {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let file = parts[0].isEmpty ? Self.root.appending(path: name) : folder.appending(path: parts[0])
      guard FileManager.default.fileExists(atPath: file.path) else {
        Issue.record("\(name): \(link) does not exist")
        continue
      }
      guard parts.count == 2 else { continue }
      let headings = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("#") }
        .map { heading in
          heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
            .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            .replacingOccurrences(of: " ", with: "-")
        }
      #expect(headings.contains(parts[1]), "\(name): \(link)")
    }
  }

  @Test func everyDataSetThatIsKnownByNameIsInItsTable() throws {
    let page = try text("docs/datasets.md")
    for name in FolderCard.names { #expect(page.contains("\n| `\(name)` | "), "\(name)") }
    #expect(page.matches(of: /\n\| `/).count == FolderCard.names.count)
  }

  @Test func everyPageIsInTheIndex() throws {
    let index = try text("docs/README.md")
    for page in Self.texts where page.hasPrefix("docs/") && page != "docs/README.md" {
      #expect(index.contains("](\(page.dropFirst("docs/".count)))"), "\(page)")
    }
  }

  @Test(arguments: texts) func everyTargetOfMakeExists(_ name: String) throws {
    let makefile = try text("Makefile")
    for target in try text(name).matches(of: /(?:^ {4}|`|\n)make ([a-z-]+)/).map({ $0.1 }) {
      #expect(makefile.contains("\n\(target):"), "\(name): make \(target)")
    }
  }
}
