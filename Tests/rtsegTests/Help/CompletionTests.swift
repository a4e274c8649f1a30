import Foundation
import Testing

@Suite struct CompletionTests {
  @Test(arguments: ["bash", "zsh", "fish"]) func scriptsArePrinted(shell: String) throws {
    let result = try Program.run("--generate-completion-script", shell)
    #expect(result.status == 0 && result.errors.isEmpty)
    for text in ["fastscnn", "predict", "deeplabv3p", "resnet18", "learning-rate", "echo cityscapes"] {
      #expect(result.output.contains(text), "\(text)")
    }
  }

  @Test func bashAcceptsItsScript() throws {
    let result = try Program.shell(
      "\"$RTSEG\" --generate-completion-script bash > \"$TMPDIR/c.$$\" && bash -n \"$TMPDIR/c.$$\"")
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
  }

  /// The words that bash offers after a beginning, by the script itself.
  private func offers(_ words: String...) throws -> [Substring] {
    let script = """
      eval "$("$RTSEG" --generate-completion-script bash)"
      COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " ")))
      COMP_CWORD=\(words.count - 1)
      COMP_LINE='\(words.joined(separator: " "))'
      COMP_POINT=${#COMP_LINE}
      _rtseg rtseg '\(words.last!)' '\(words.dropLast().last!)' 2> /dev/null
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    return try Program.shell(script).output.split(separator: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)[...]
    }
  }

  @Test func bashOffersNamesAndOptions() throws {
    #expect(try offers("rtseg", "train", "--model", "fasts").contains("fastscnn"))
    #expect(try offers("rtseg", "val", "--dataset", "ca").contains("camvid"))
    #expect(try offers("rtseg", "tr").contains("train"))
    #expect(try offers("rtseg", "predict", "--over").contains("--overlap"))
    #expect(try offers("rtseg", "config", "show", "optimizer.mom").contains("optimizer.momentum"))
  }
}
