import Foundation
import SegmentationTraining
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct CurvePlotTests {
  /// Elements and text of a document, or nil where it is not well-formed.
  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [(name: String, attributes: [String: String])] = []
    var text = ""

    init?(_ svg: String) {
      super.init()
      let parser = XMLParser(data: Data(svg.utf8))
      parser.delegate = self
      guard parser.parse() else { return nil }
    }

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) { elements.append((name, attributes)) }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    /// The points of each polyline.
    var lines: [[[Double]]] {
      elements.filter { $0.name == "polyline" }.map { element in
        element.attributes["points"]!.split(separator: " ").map { $0.split(separator: ",").map { Double($0)! } }
      }
    }
  }

  private func rows(steps: Int) -> [MetricsRow] {
    (1...steps).map { step in
      var row = MetricsRow(epoch: 1, step: step)
      row.loss = 4 * exp(-3 * Double(step) / Double(steps))
      if step % 50 == 0 {
        row.meanIoU = step == 100 ? 0.6 : 0.4
        row.pixelAccuracy = 0.8
      }
      return row
    }
  }

  @Test func `curves lie where their values are`() throws {
    let reader = try #require(Reader(CurvePlot(rows: rows(steps: 200), title: "a < b & c").svg()))
    #expect(reader.text.contains("a < b & c"))
    #expect(reader.text.contains("best 60.0"))
    // Training, smoothed training; pixel accuracy, mIoU.
    #expect(reader.lines.map(\.count) == [200, 200, 4, 4])
    // The loss axis ends at 4, the score axis at 80; panels are 400 x 270 at (64, 92) and (564, 92), x from 0 to 200.
    #expect(reader.lines[3] == [[664, 227], [764, 159.5], [864, 227], [964, 227]])
  }

  @Test func `rows of single steps do not change the curves`() {
    var step = MetricsRow(epoch: 1, step: 77)
    step.isStep = true
    step.loss = 9
    #expect(
      CurvePlot(rows: rows(steps: 200) + [step], title: "").svg() == CurvePlot(rows: rows(steps: 200), title: "").svg())
  }

  @Test func `a long run's picture stays small and values that are not finite are left out`() throws {
    var rows = rows(steps: 20_000)
    rows[5].loss = .nan
    rows[6].loss = .infinity
    let svg = CurvePlot(rows: rows, title: "long").svg()
    let reader = try #require(Reader(svg))
    #expect(svg.utf8.count < 60_000)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(reader.lines[0].count == 400)
  }

  @Test(arguments: [[], [MetricsRow(epoch: 1, step: 1)]])
  func `a run without values has empty axes`(rows: [MetricsRow]) throws {
    let reader = try #require(Reader(CurvePlot(rows: rows, title: "").svg()))
    #expect(reader.lines.isEmpty)
    #expect(reader.text.contains("no values yet"))
  }
}
