import Foundation
import SegmentationBenchmark
import SegmentationInference
import Testing
import Torch

@Suite struct RecommendationTests {
  /// The networks of the report take 20, 100 and 5 ms; one failed.
  private func recommendation(_ budget: Double, _ scores: [String: Double]) throws -> Recommendation {
    try Recommendation(
      budget: budget, report: BenchmarkReportTests.report(),
      accuracies: scores.mapValues { .init(meanIoU: $0, source: "published") })
  }
  private let scores = ["fastnet": 70, "goodnet": 77.5, "unknownnet": 60, "brokennet": 99, "unmeasured": 99]

  @Test(
    arguments: [
      (4.0, [], "unknownnet"), (5, ["unknownnet"], "fastnet"), (50, ["fastnet", "unknownnet"], "goodnet"),
      (100, ["goodnet", "fastnet", "unknownnet"], nil),
    ] as [(Double, [String], String?)])
  func `the front within the budget is the best first`(budget: Double, front: [String], next: String?) throws {
    let result = try recommendation(budget, scores)
    #expect(result.front.map(\.network) == front && result.best?.network == front.first)
    #expect(result.next?.network == next && result.measured == 3)
  }

  @Test func `networks that are slower and worse, or without a score, are left out`() throws {
    let result = try recommendation(100, ["fastnet": 70, "goodnet": 69])
    #expect(result.front.map(\.network) == ["fastnet"] && result.measured == 2 && result.next == nil)
  }

  @Test func `the text names the network`() throws {
    let text = try recommendation(30, scores).text()
    #expect(text.contains("Within 30 ms, take fastnet: mIoU 70.00 %, 20 ms."))
    #expect(text.contains("With more time, the next better one of them is goodnet: mIoU 77.50 %, 100 ms."))
    #expect(text.contains("fastnet      70.00    20.0    40.0  100  published"))
  }

  @Test func `times from elsewhere are told apart`() throws {
    var report = try BenchmarkReportTests.report()
    #expect(report.difference(from: BenchmarkOptions())?.contains("does not tell") == true)
    report = try BenchmarkReport(
      json: Data(
        #"""
        {"machine": {"processor": "Chip 9", "vector_instructions": [], "cores": 2, "load": 0, "libtorch": "2"},
         "protocol_text": [], "precision": "float32", "networks": [], "conditions":
         {"engine": "kernels", "device": "cpu", "threads": 1, "size": [512, 1024], "output": "classes"}}
        """#.utf8))
    #expect(report.difference(from: BenchmarkOptions())?.hasSuffix("found Chip 9") == true)
    report.machine.processor = Processor.name
    #expect(report.difference(from: BenchmarkOptions()) == nil)
    var other = BenchmarkOptions()
    other.threads = 2
    #expect(report.difference(from: other) == "threads: expected 2, found 1")
    other = BenchmarkOptions()
    other.size.width = 512
    #expect(report.difference(from: other) == "size: expected 512x512, found 512x1024")
    other = BenchmarkOptions()
    other.precision = .int8
    #expect(report.difference(from: other) == "precision: expected int8, found float32")
    report.conditions?.contention = .memory
    #expect(report.difference(from: BenchmarkOptions()) == "other work: expected none, found memory")
  }
}
