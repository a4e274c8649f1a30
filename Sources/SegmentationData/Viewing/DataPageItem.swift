import SegmentationImage

/// A sample on the page: its pictures, its classes, the reasons for its place, and what the check found.
struct DataPageItem {
  /// The most classes that are listed for a sample.
  private static let classLimit = 12

  let item: DataPage.Item
  /// The sample's place on the page, from 0.
  let number: Int
  let classes: [ClassInfo]

  private var facts: SampleFacts { item.entry.facts }

  var html: HTML {
    let ids = facts.classPixels.keys.sorted().map(String.init).joined(separator: " ")
    return """
      <li class="sample" id="sample-\(number)" data-split="\(facts.split.rawValue)" data-classes="\(ids)" \
      data-findings="\(facts.findings.count)">
      \(picture)
      <h3>\(item.name)</h3>
      <div class="facts">
      <p>\(numbers)</p>
      \(list("classes", "Classes", shares))\(list("traits", "Why it is here", traits))\
      \(list("findings", "Findings", facts.findings.map { line -> HTML in "<li>\(line)</li>" }))</div>
      </li>

      """
  }

  /// The image with its labels over it, in a button that enlarges both.
  private var picture: HTML {
    guard let picture = item.picture else { return "<p class=\"missing\">The image cannot be shown.</p>" }
    let labels: HTML =
      picture.labels.map { data -> HTML in
        "<img class=\"labels\" alt=\"\" loading=\"lazy\" src=\"\(type: "image/png", data)\"/>"
      } ?? ""
    return """
      <button type="button" class="picture" aria-label="Enlarge \(item.name)"><span class="stack">\
      <img alt="" loading="lazy" width="\(picture.size.width)" height="\(picture.size.height)" \
      src="\(type: "image/jpeg", picture.image)"/>\(labels)</span></button>
      """
  }

  private var numbers: String {
    var parts = [facts.split.rawValue]
    if let size = facts.size { parts.append("\(size) pixels") }
    if facts.labelledPixels + facts.unlabelledPixels > 0 {
      parts.append(facts.parts == 1 ? "1 area" : "\(facts.parts) areas")
      parts.append("\(DataPage.percent(facts.unlabelledShare)) without a class")
    } else {
      parts.append("no labels")
    }
    return parts.joined(separator: ", ")
  }

  private var shares: [HTML] {
    let sorted = facts.classPixels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = sorted.prefix(Self.classLimit).map { id, _ -> HTML in
      let info = Int(id) < classes.count ? classes[Int(id)] : ClassInfo("class \(id)", .black)
      return "<li>\(DataPage.swatch(info)) \(info.name) \(DataPage.percent(facts.share(of: id)))</li>"
    }
    return sorted.count > shown.count ? shown + ["<li>\(sorted.count - shown.count) more</li>"] : shown
  }

  private var traits: [HTML] {
    item.entry.traits.map { trait in "<li>\(trait.text(classes: classes, facts: facts))</li>" }
  }

  private func list(_ kind: HTML, _ name: HTML, _ items: [HTML]) -> HTML {
    items.isEmpty ? "" : "<ul class=\"\(kind)\" aria-label=\"\(name)\">\(items)</ul>\n"
  }
}

extension SampleTrait {
  /// The trait in words.
  func text(classes: [ClassInfo], facts: SampleFacts) -> String {
    func name(_ id: UInt8) -> String { Int(id) < classes.count ? classes[Int(id)].name : "class \(id)" }
    let others = "\(count) of \(total)"
    switch kind {
    case .findings: return "has findings, as \(others) samples have"
    case .showsClass(let id): return "shows \(name(id)), as \(others) samples do"
    case .share(let id, let isLarge):
      return
        "\(name(id)) covers \(DataPage.percent(facts.share(of: id))), \(isLarge ? "at least" : "at most") as much in "
        + "\(others) samples that show it"
    case .parts: return "has \(facts.parts) areas, at least as many in \(others) samples"
    case .unlabelled:
      return "\(DataPage.percent(facts.unlabelledShare)) without a class, at least as much in \(others) samples"
    }
  }
}
