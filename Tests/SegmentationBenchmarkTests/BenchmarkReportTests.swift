import Foundation
import SegmentationBenchmark
import Testing

@Suite struct BenchmarkReportTests {
  /// A report as if four networks had been measured, one of which failed, two of them beside two peers.
  static func report() throws -> BenchmarkReport {
    func run(_ engine: String, _ time: Double) -> String {
      """
      {"engine": "\(engine)", "library": "x 1", "latency": {"repetitions": 3, "p50": \(time), "p95": \(time * 2), \
      "p99": \(time * 3), "min": \(time), "mean": \(time)}, "first_result_seconds": 0.25, "peak_bytes": 104857600, \
      "output_size": [64, 64]}
      """
    }
    return try BenchmarkReport(
      json: Data(
        """
        {"machine": {"processor": "Chip 9", "vector_instructions": ["AVX2"], "cores": 2, "load": 0.5, \
        "libtorch": "2.13.0", "peak": {"float32": 200, "bfloat16": 400}}, "protocol_text": ["batch 1"],
        "precision": "float32", "networks": [
        {"network": "fastnet", "published_miou": 70.0, "parameters": 1500000, "multiply_accumulates": 1000000000,
         "weight_bytes": 6000000, "activation_bytes": 94000000, "commonest_class_share": 0.99,
         "runs": [\(run("eager", 40)), \(run("eager", 10)), \(run("eager", 20))], "peers": [
           {"peer": "pytorch", "runs": [\(run("pytorch", 60))], "ratios": [6, 3, 2], "agreement": 0.9975},
           {"peer": "openvino", "runs": [\(run("openvino", 40))], "ratios": [2]}]},
        {"network": "goodnet", "published_miou": 77.5, "runs": [\(run("eager", 100))], "peers": [
           {"peer": "pytorch", "runs": [\(run("pytorch", 1200))], "ratios": [12]},
           {"peer": "openvino", "runs": [], "ratios": [], "failure": "no such operator"}]},
        {"network": "unknownnet", "runs": [\(run("eager", 5))], "peers": []},
        {"network": "brokennet", "published_miou": 60.0, "runs": [], "peers": [], "failure": "out of luck"}]}
        """.utf8))
  }

  @Test func jsonReadsBackEqual() throws {
    let report = try Self.report()
    let json = try report.json()
    #expect(try BenchmarkReport(json: json) == report)
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(Set(object.keys) == ["machine", "protocol_text", "precision", "networks"])
    #expect(!report.isComplete)
  }

  @Test func mediansRatiosAndMeans() throws {
    let report = try Self.report()
    #expect(report.networks[0].median { $0.latency.p50 } == 20)
    #expect(report.networks[0].peers[0].ratio == 3)
    #expect(report.networks[0].bestRatio == 2)
    #expect(report.networks[1].bestRatio == 12)
    // (3 * 12)^(1/2), 2, (2 * 12)^(1/2)
    #expect(abs(report.geometricMean(of: .pytorch)! - 6) < 1e-12)
    #expect(report.geometricMean(of: .openvino) == 2)
    #expect(report.geometricMean(of: .compile) == nil)
    #expect(abs(report.geometricMeanOfBest! - 24.0.squareRoot()) < 1e-12)
    // 2 * 1 GMACs in 20 ms are 100 of 200 GFLOP/s.
    #expect(abs(report.percentOfPeak(report.networks[0])! - 50) < 1e-9)
  }

  @Test func `a peer that finds other classes in float32 does not count`() throws {
    var report = try Self.report()
    for (agreement, isExact, isCounted) in [(0.985, false, true), (0.9905, true, true), (0.67, true, false)] {
      report.networks[0].peers[1].note(agreement: agreement, isExact: isExact)
      #expect(report.networks[0].peers[1].agreement == agreement)
      #expect((report.networks[0].peers[1].failure == nil) == isCounted)
    }
    #expect(report.text().contains("openvino: its classes differ at 33.0 % of the pixels"))
  }

  @Test func tablesShowWhatWasMeasured() throws {
    let lines = try Self.report().text().split(separator: "\n").map(String.init)
    func cells(_ start: String, _ occurrence: Int = 0) -> [Substring] {
      lines.filter { $0.hasPrefix(start) }[occurrence].split(separator: " ")
    }
    #expect(
      cells("fastnet") == [
        "fastnet", "1.50", "1.0", "100", "20.0", "40.0", "60.0", "50.0", "50", "-", "-", "0.25", "100", "70.00",
      ])
    #expect(
      cells("fastnet", 1) == ["fastnet", "20.0", "60.0", "3.00", "99.75", "40.0", "2.00", "-", "2.00"])
    #expect(cells("geometric mean") == ["geometric", "mean", "6.00", "2.00", "4.90"])
    #expect(lines.contains("goodnet: openvino: no such operator"))
    #expect(lines.contains { $0.contains("Chip 9, 2 cores, AVX2") })
    #expect(lines.contains { $0.hasPrefix("one class fills") && $0.hasSuffix(": fastnet") })
    #expect(!lines.contains { $0.hasPrefix("brokennet") })
    // Columns begin at one place in all lines of a table.
    let header = try #require(lines.firstIndex { $0.hasPrefix("network") })
    let end = lines[header].distance(of: "mIoU %")
    #expect(lines[header + 1].count <= end + 6 && lines[header + 1].hasSuffix("70.00"))
  }
}

extension String {
  fileprivate func distance(of text: String) -> Int {
    range(of: text).map { distance(from: startIndex, to: $0.lowerBound) } ?? -1
  }
}
