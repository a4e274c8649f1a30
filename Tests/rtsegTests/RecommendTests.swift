import Foundation
import SegmentationBenchmark
import SegmentationModels
import Testing

@Suite final class RecommendTests {
  private let files: ProgramFolder

  init() throws { files = try ProgramFolder() }

  private func path(_ name: String) -> String { files.url.appending(path: name).path }

  /// A file that bench writes with the times of two networks.
  private func measure() throws -> String {
    let file = path("speed.json")
    let result = try Program.run(
      "bench", "--size", "64x64", "--threads", "1", "--repetitions", "3", "--seconds", "0", "--warmup", "1",
      "--warmup-seconds", "0", "--model", "fssnet,erfnet", "--json", file)
    #expect(result.status == 0, "\(result.errors)")
    return file
  }

  @Test func `measured times are joined with published scores`() throws {
    let file = try measure()
    let arguments = ["recommend", "--measured", file, "--size", "64x64"]
    let result = try Program.run(arguments + ["--budget", "60s"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("take erfnet: mIoU 76.00 %"), "\(result.output)")
    let json = try Program.run(arguments + ["--budget", "0.1fps", "--json"])
    let front =
      try #require(
        try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])["front"] as? [[String: Any]]
    #expect(front?.first?["network"] as? String == "erfnet", "\(json.output)")

    let slow = try Program.run(arguments + ["--budget", "0.0001ms"])
    #expect(
      slow.status == 1 && slow.output.isEmpty && slow.errors.contains("no network takes 0.0001 ms or less at 64x64"))
    let other = try Program.run("recommend", "--measured", file, "--budget", "1s")
    #expect(other.status == 1 && other.errors.contains("size: expected 512x1024, found 64x64"), "\(other.errors)")
    try Data("{}".utf8).write(to: URL(filePath: file))
    let damaged = try Program.run(arguments + ["--budget", "1s"])
    #expect(damaged.status == 1 && damaged.errors.contains("expected the JSON that rtseg bench --json writes"))
  }

  @Test func `networks of one's own runs are measured`() throws {
    try files.drawScenes(6)
    let trained = try Program.run(
      "train", "--output", path("runs/a"), "--model", "fssnet", "--data-root", path("scenes"), "--batch-size", "2",
      "--crop-size", "64x64", "--threads", "1", "--epochs", "1")
    #expect(trained.status == 0, "\(trained.errors)")
    let result = try Program.run(
      "recommend", "--budget", "60s", "--size", "64x64", "--threads", "1", "--runs", path("runs"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("take fssnet: mIoU ") && result.output.contains("run a"), "\(result.output)")
    // Whatever the machine, more than a hundred thousand multiplications take longer.
    let small = try Program.run(
      "recommend", "--budget", "0.0000001ms", "--size", "64x64", "--threads", "1", "--runs", path("runs"))
    #expect(small.status == 1 && small.errors.contains("no network was measured"), "\(small.errors)")
  }

  @Test(arguments: [
    ["--precision", "float16"], ["--classes", "0"], ["--threads", "0"], ["--size", "0x64"],
    ["--classes", "2", "--measured", "speed.json"],
  ])
  func `options that cannot be are refused`(arguments: [String]) throws {
    let result = try Program.run(["recommend", "--budget", "1s"] + arguments)
    #expect(result.status == 64 && result.errors.contains(arguments[0]), "\(result.errors)")
  }

  @Test func `times in another precision are refused`() throws {
    let result = try Program.run(
      "recommend", "--budget", "1s", "--measured", try measure(), "--size", "64x64", "--precision", "int8")
    #expect(result.status == 1 && result.errors.contains("precision: expected int8, found float32"), "\(result.errors)")
  }

  @Test(arguments: ["30", "0ms", "-1s", "fast", "1e999s", "nanms", "0fps"])
  func `budgets that are none are refused`(budget: String) throws {
    let result = try Program.run("recommend", "--budget=\(budget)")
    #expect(result.status == 64 && result.errors.contains("--budget"), "\(result.errors)")
  }
}
