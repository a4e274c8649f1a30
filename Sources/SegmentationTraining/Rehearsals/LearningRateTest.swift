import Basics
import Files
import Foundation
import SegmentationImage

/// A learning-rate range test: the loss of steps whose learning rate rises from very low to too high.
///
/// Smith 2017, https://arxiv.org/abs/1506.01186
public struct LearningRateTest: Sendable {
  public struct Point: Sendable, Codable, Equatable {
    public let learningRate: Double
    public let loss: Double
    /// The loss, averaged with those of the steps before.
    public let smoothedLoss: Double
  }

  public private(set) var points: [Point] = []
  private var average = 0.0
  private var weight = 0.0

  public init() {}

  /// Adds a step's loss.
  /// - Returns: Whether the test is to go on: a loss that is far above the lowest, or that is not finite, ends it.
  package mutating func add(_ learningRate: Double, loss: Double) -> Bool {
    guard loss.isFinite else { return false }
    let decay = 0.9
    average = decay * average + (1 - decay) * loss
    weight = decay * weight + (1 - decay)
    points.append(Point(learningRate: learningRate, loss: loss, smoothedLoss: average / weight))
    guard points.count >= 10, let lowest = points.map(\.smoothedLoss).min() else { return true }
    return average / weight < 4 * lowest
  }

  /// The rate at which the smoothed loss falls fastest; `nil` if it does not fall.
  public var proposal: Double? {
    guard points.count >= 10, let lowest = points.indices.min(by: { points[$0].smoothedLoss < points[$1].smoothedLoss })
    else { return nil }
    // The slope over seven points, at places where the rate is not yet too high.
    let reach = 3
    var best: (slope: Double, rate: Double)?
    for index in reach..<max(reach, min(lowest + 1, points.count - reach)) {
      let (first, last) = (points[index - reach], points[index + reach])
      let slope = (last.smoothedLoss - first.smoothedLoss) / log(last.learningRate / first.learningRate)
      if slope < best?.slope ?? 0 { best = (slope, points[index].learningRate) }
    }
    return best.map { Self.rounded($0.rate) }
  }

  /// One significant digit: 1, 2, 3 or 5 times a power of ten.
  private static func rounded(_ value: Double) -> Double {
    let power = pow(10, floor(log10(value)))
    let digit = [1.0, 2, 3, 5, 10].min { abs(log($0 * power / value)) < abs(log($1 * power / value)) } ?? 1
    return digit * power
  }

  /// The loss over the learning rate, 700 x 420 units.
  public func svg(title: String) -> String {
    let (left, top, width, height) = (70.0, 70.0, 590.0, 280.0)
    let losses = points.map(\.smoothedLoss)
    guard let low = losses.min(), let high = losses.prefix(max(1, losses.count / 2)).max(), points.count > 1 else {
      return SVG.picture(width: 700, height: 420, title: title, [SVG.text("no values", x: 350, y: 210)])
    }
    let (start, end) = (log10(points[0].learningRate), log10(points[points.count - 1].learningRate))
    let (bottom, ceiling) = (low - 0.05 * (high - low), high + 0.15 * (high - low) + 1e-9)
    func x(_ rate: Double) -> Double { left + (log10(rate) - start) / max(1e-9, end - start) * width }
    func y(_ loss: Double) -> Double { top + (ceiling - min(loss, ceiling)) / (ceiling - bottom) * height }
    var parts = [
      "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\" stroke=\"#c9ced6\"/>"
    ]
    for exponent in Int(start.rounded(.up))...max(Int(start.rounded(.up)), Int(end.rounded(.down))) {
      let place = x(pow(10, Double(exponent)))
      parts.append(SVG.line(place, top, place, top + height, color: "#e6e9ee"))
      parts.append(SVG.text("1e\(exponent)", x: place, y: top + height + 20, anchor: "middle"))
    }
    for share in [0.0, 0.5, 1] {
      let loss = bottom + share * (ceiling - bottom)
      parts.append(SVG.text(String(format: "%.3g", loss), x: left - 8, y: y(loss) + 4, anchor: "end"))
    }
    let line = points.map { "\(SVG.number(x($0.learningRate))),\(SVG.number(y($0.smoothedLoss)))" }
    parts.append(
      "<polyline points=\"\(line.joined(separator: " "))\" fill=\"none\" stroke=\"#3b6fb6\" stroke-width=\"2\"/>")
    parts.append(SVG.text("learning rate", x: left + width / 2, y: top + height + 42, anchor: "middle"))
    parts.append(SVG.text("loss, smoothed", x: left, y: top - 12, weight: "bold"))
    if let proposal {
      parts.append(SVG.line(x(proposal), top, x(proposal), top + height, color: "#2a8a5b", width: 2))
      parts.append(
        SVG.text(String(format: "proposal %g", proposal), x: x(proposal) + 6, y: top + 16, color: "#2a8a5b"))
    }
    return SVG.picture(width: 700, height: 420, title: title, parts)
  }

  /// The points and the proposal as JSON.
  public func json() -> Data {
    struct Content: Encodable {
      let points: [Point]
      let proposal: Double?
    }
    do {
      let content = Content(points: points, proposal: proposal)
      return try JSONEncoder.snakeCase(indented: true).encode(content) + Data("\n".utf8)
    } catch {
      preconditionFailure("the points of a test are always encodable: \(error)")
    }
  }
}

extension Trainer {
  /// Trains some steps with rising learning rates, and writes the plot `learning-rate.svg` and the numbers
  /// `learning-rate.json` into the folder; for a trainer that was started as a rehearsal, whose weights are then of no use.
  /// - Throws: `TrainingError`, or `FileError` if the files cannot be written.
  public func testLearningRates(
    from lowest: Double = 1e-6, to highest: Double = 1, steps: Int = 100
  ) throws -> LearningRateTest {
    var test = LearningRateTest()
    enterTraining()
    for number in 0..<steps {
      let rate = lowest * pow(highest / lowest, Double(number) / Double(max(1, steps - 1)))
      let result = try takeStep(learningRate: rate)
      log.message(String(format: "learning rate %.3g: loss %.4f", rate, result.loss))
      if shouldStop(.step(number + 1)) || !result.isFinite || !test.add(rate, loss: result.loss) { break }
    }
    try FileSystem.makeFolder(folder.url.path)
    let title = "\(model.name) on \(dataset.name)"
    try AtomicFile.write(Data(test.svg(title: title).utf8), to: folder.url.appending(path: "learning-rate.svg"))
    try AtomicFile.write(test.json(), to: folder.url.appending(path: "learning-rate.json"))
    return test
  }
}
