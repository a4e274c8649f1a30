import SegmentationBenchmark
import Testing

@Suite struct SpeedPlotTests {
  private func point(_ name: String, _ speed: Double, _ score: Double) -> SpeedPlot.Point {
    SpeedPlot.Point(name: name, speed: speed, score: score)
  }

  @Test func theFrontHasWhatNothingBeats() {
    let points = [
      point("slow and good", 2, 78), point("slow and bad", 2, 60), point("fast", 30, 66), point("twin of fast", 30, 65),
      point("middle", 10, 72), point("beaten by middle", 9, 72), point("faster than good", 3, 74),
    ]
    #expect(
      SpeedPlot.paretoFront(points).map(\.name) == ["fast", "middle", "faster than good", "slow and good"])
    #expect(SpeedPlot.paretoFront([]).isEmpty)
  }

  @Test func networksWithoutAScoreAreLeftOut() throws {
    let svg = SpeedPlot(try BenchmarkReportTests.report(), title: "a < b").svg()
    #expect(svg.hasPrefix("<svg") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains("a &lt; b") && svg.contains(">fastnet<") && svg.contains(">goodnet<"))
    #expect(!svg.contains("unknownnet") && !svg.contains("brokennet"))
    #expect(svg.components(separatedBy: "<circle").count == 3)
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }
}
