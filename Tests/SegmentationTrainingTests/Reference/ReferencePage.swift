import SegmentationTraining

/// The configuration reference as Markdown.
struct ReferencePage {
  let reference: OptionReference

  var text: String {
    let general = reference.entries.filter { !$0.isSection && !$0.key.contains(".") }
    let sections = reference.entries.filter { $0.isSection && !$0.key.contains(".") }
    var parts = [
      """
      # Configuration reference

      <!-- Made by scripts/configuration-reference from the documentation of the options; do not edit. -->

      Every training run is described by these keys. A configuration file (YAML) holds those that differ from the defaults:
      `rtseg train --config FILE`. `--set KEY=VALUE` sets one key on the command line, with the value in YAML, such as
      `--set optimizer.momentum=0.95` or `--set 'augmentation.crop_size=[512, 1024]'`. Flags such as `--epochs` set the
      keys of daily use. Later settings win: defaults, file, `--set`, flags. A run writes the options in force to
      `config.yaml` in its folder.

      `rtseg config` prints the keys of daily use with their defaults and meanings, `rtseg config --all` every key,
      `rtseg config optimizer` the keys of a section, and `rtseg config check FILE` looks for faults in a file. The output
      of `rtseg config` is itself a configuration file.

      Lists are written `[1, 2]` and an absent value is `null`. Sections whose default is `null` are off; `{}` turns one on
      with its defaults.

      | section | what it is for |
      | --- | --- |
      | [general](#general) | The run as a whole. |
      """
    ]
    parts[0] += "\n" + sections.map { "| [\($0.key)](#\($0.key)) | \(cell($0.meaning)) |" }.joined(separator: "\n")
    parts.append("## general\n\nThese options stand at the top of a file and belong to the run as a whole.")
    parts.append(table(general))
    for section in sections { parts += chapter(section) }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private func chapter(_ section: OptionEntry) -> [String] {
    let level = String(repeating: "#", count: section.key.count { $0 == "." } + 2)
    let inside = reference.entries.filter { entry in
      entry.key.hasPrefix(section.key + ".") && !entry.key.dropFirst(section.key.count + 1).contains(".")
    }
    let off = section.defaultValue == "null" ? " This section is off by default." : ""
    var parts = ["\(level) \(section.key)", (reference.introductions[section.key] ?? section.meaning) + off]
    parts.append(table(inside.filter { !$0.isSection }))
    for element in reference.elements where inside.contains(where: { $0.key == element.list }) {
      let kind = element.name == "rule" ? "A rule of `\(element.list)`" : "`\(element.name)` in `\(element.list)`"
      parts.append("\(level)# \(kind)")
      parts.append(element.meaning)
      parts.append(element.entries.isEmpty ? "It has no options of its own." : table(element.entries))
    }
    return parts + inside.filter(\.isSection).flatMap(chapter)
  }

  private func table(_ entries: [OptionEntry]) -> String {
    let rows = entries.map { entry in
      let choices = entry.choices.map { "<br>`\($0.value)`: \(cell($0.meaning))" }.joined()
      return
        "| `\(entry.key)` | \(cell(entry.values)) | `\(cell(entry.choices.isEmpty ? entry.defaultValue : entry.shownDefault ?? "null"))` | \(cell(entry.meaning))\(choices) |"
    }
    return (["| key | value | default | meaning |", "| --- | --- | --- | --- |"] + rows).joined(separator: "\n")
  }

  private func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
