import SegmentationImage

/// The parts of the page around the samples.
extension DataPage {
  static let explanation = """
    The rarest and oddest samples come first. Counted are the classes that a sample shows, the share of each class among \
    the labelled pixels, the number of connected areas, the share of pixels without a class, and findings of the check. If \
    one of 1024 samples is as extreme in one of these, this counts 10 bits; what every second sample has counts 1 bit, and \
    what all have counts nothing. A sample is as odd as the oddest of these. Shares of a class are compared among the \
    samples that show it.
    """

  /// The number of samples, and the reason why these are shown.
  var summary: String {
    let splits = report.splits.map { "\($0.split.rawValue) \($0.images)" }.joined(separator: ", ")
    let all = "\(total) \(total == 1 ? "sample" : "samples") (\(splits))"
    return count == total ? "\(all), the oddest first." : "The \(count) oddest of \(all)."
  }

  /// The fields that choose samples and set the opacity. They work with JavaScript only, without which they are hidden.
  var controls: HTML {
    let splits = report.splits.map { split -> HTML in
      "<option value=\"\(split.split.rawValue)\">\(split.split.rawValue)</option>"
    }
    let options = classes.enumerated().map { id, info -> HTML in "<option value=\"\(id)\">\(info.name)</option>" }
    return """
      <form id="controls" hidden="hidden">
      <label>Split <select id="split"><option value="">all</option>\(splits)</select></label>
      <label>Class <select id="class"><option value="">all</option>\(options)</select></label>
      <label><input id="found" type="checkbox"/> With findings</label>
      <label class="wide">Labels <input id="alpha" type="range" min="0" max="100" value="50"/> \
      <output id="alpha-value">50 %</output></label>
      <p id="state" role="status"></p>
      </form>
      """
  }

  /// The classes with their colors, and their shares of the labelled pixels of each split.
  var classTable: HTML {
    let heads = report.splits.map { split -> HTML in "<th scope=\"col\">\(split.split.rawValue)</th>" }
    let rows = classes.enumerated().map { id, info -> HTML in
      let cells = report.splits.map { split -> HTML in
        let share = split.classes[id]
        return "<td>\(Self.percent(share.share)), \(Self.images(share.images))</td>"
      }
      return "<tr><th scope=\"row\">\(Self.swatch(info)) \(info.name)</th>\(cells)</tr>\n"
    }
    return """
      <details class="panel">
      <summary>\(classes.count == 1 ? "1 class" : "\(classes.count) classes")</summary>
      <div class="scroll"><table>
      <caption>Share of the labelled pixels, and the number of images that show the class</caption>
      <thead><tr><th scope="col">Class</th>\(heads)</tr></thead>
      <tbody>
      \(rows)</tbody>
      </table></div>
      </details>
      """
  }

  /// The findings of the check about the whole data set.
  var findings: HTML {
    let lines = report.problems.map { ("Problem", $0) } + report.notes.map { ("Note", $0) }
    guard !lines.isEmpty else { return "<p class=\"panel\">The check finds no problem.</p>" }
    let limit = 200
    let items = lines.prefix(limit).map { kind, line -> HTML in "<li><strong>\(kind):</strong> \(line)</li>\n" }
    let rest: HTML = lines.count > limit ? "<li>\(lines.count - limit) more: rtseg data check lists them</li>\n" : ""
    let (problems, notes) = (report.problems.count, report.notes.count)
    return """
      <details class="panel">
      <summary>The check finds \(problems == 1 ? "1 problem" : "\(problems) problems") and \
      \(notes == 1 ? "1 note" : "\(notes) notes")</summary>
      <ul class="findings">
      \(items)\(rest)</ul>
      </details>
      """
  }

  /// The frame in which a sample is shown large.
  static let dialog: HTML = """
    <dialog id="large" aria-labelledby="large-name">
    <div class="bar">
    <h2 id="large-name"></h2>
    <button id="previous" type="button">Previous</button>
    <button id="next" type="button">Next</button>
    <button id="close" type="button">Close</button>
    </div>
    <div id="large-picture"></div>
    <label class="wide">Labels <input id="large-alpha" type="range" min="0" max="100" value="50"/></label>
    <div id="large-facts"></div>
    <p class="note">The left and right arrow keys go to the sample before and after, L hides and shows the labels, Escape \
    closes.</p>
    </dialog>
    """

  /// The color of a class. The name stands beside it.
  static func swatch(_ info: ClassInfo) -> HTML {
    """
    <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" \
    fill="\(info.color.description)"/></svg>
    """
  }

  /// A share as text, such as "12.3 %".
  static func percent(_ share: Double) -> String {
    let tenths = (share * 1000).rounded() / 10
    if share == 0 { return "0 %" }
    return tenths == 0 ? "under 0.1 %" : "\(tenths) %"
  }

  private static func images(_ count: Int) -> String { count == 1 ? "1 image" : "\(count) images" }
}
