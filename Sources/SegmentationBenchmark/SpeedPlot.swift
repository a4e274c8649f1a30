import Basics
import Foundation
import SegmentationImage

/// Networks by speed and published accuracy, as an SVG picture that needs nothing else.
public struct SpeedPlot: Sendable {
  package struct Point: Equatable, Sendable {
    package var name: String
    /// Images a second.
    package var speed: Double
    /// Published mIoU in percent.
    package var score: Double

    package init(name: String, speed: Double, score: Double) {
      self.name = name
      self.speed = speed
      self.score = score
    }
  }

  private let points: [Point]
  private let title: String

  private let left = 64.0
  private let top = 70.0
  private let width = 900.0
  private let height = 480.0

  /// Shows the networks of a report that have a published score.
  public init(_ report: BenchmarkReport, title: String) {
    self.init(
      points: report.networks.compactMap { network in
        guard let time = network.median({ $0.latency.p50 }), let score = network.publishedMiou else { return nil }
        return Point(name: network.network, speed: 1000 / time, score: score)
      }, title: title)
  }

  init(points: [Point], title: String) {
    self.points = points
    self.title = title
  }

  /// The points that no other beats in one respect without losing in the other, fastest first.
  package static func paretoFront(_ points: [Point]) -> [Point] {
    var best = -Double.infinity
    return points.sorted { ($0.speed, $0.score) > ($1.speed, $1.score) }.filter { point in
      defer { best = max(best, point.score) }
      return point.score > best
    }
  }

  /// The picture, 1000 x 620 units: images a second to the right on a logarithmic axis, mIoU upwards.
  public func svg() -> String {
    guard let slowest = points.map(\.speed).min(), let fastest = points.map(\.speed).max() else {
      let text = SVG.text("no network with a published score", x: left, y: top + 20)
      return SVG.picture(width: 1000, height: 620, title: title, [text])
    }
    let axes = Axes(
      speeds: slowest / 1.15...fastest * 1.3, scores: points.map(\.score), left: left, top: top, width: width,
      height: height)
    let front = Self.paretoFront(points)
    let line = front.map { axes.place($0) }.map { "\(SVG.number($0.x)),\(SVG.number($0.y))" }.joined(separator: " ")
    let path = "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#d9772b\" stroke-width=\"1.5\"/>"
    return SVG.picture(
      width: 1000, height: 620, title: title,
      axes.svg() + [path] + dots(axes, front: front) + labels(axes, front: front) + [
        SVG.text(
          "on the line: no network is both faster and better", x: left + width, y: 54, anchor: "end", color: "#b85f1a")
      ])
  }

  private func dots(_ axes: Axes, front: [Point]) -> [String] {
    points.map { point in
      let (x, y) = axes.place(point)
      let color = front.contains(point) ? "#d9772b" : "#3b6fb6"
      return "<circle cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"4\" fill=\"\(color)\"/>"
    }
  }

  /// Names beside the dots, moved up or down where another name or dot is in the way; the front's come first.
  private func labels(_ axes: Axes, front: [Point]) -> [String] {
    var taken = points.map { point in
      let (x, y) = axes.place(point)
      return Box(left: x - 5, right: x + 5, top: y - 5, bottom: y + 5)
    }
    return (front + points.filter { !front.contains($0) }).map { point in
      let (x, y) = axes.place(point)
      let isFront = front.contains(point)
      // Some 7 units a letter at this size: SVG has no way to measure text.
      let length = Double(point.name.count) * (isFront ? 7.6 : 6.8)
      let places = [0, -11, 11, -20, 20, -29, 29, -38, 38].flatMap { shift -> [Box] in
        let (up, down) = (y + shift - 6, y + shift + 5)
        return [
          Box(left: x + 7, right: x + 7 + length, top: up, bottom: down),
          Box(left: x - 7 - length, right: x - 7, top: up, bottom: down),
        ]
      }.filter { $0.left > left && $0.right < left + width }
      let free = places.first { place in !taken.contains { $0.overlaps(place) } }
      let box = free ?? places.first ?? Box(left: x + 7, right: x + 7 + length, top: y - 6, bottom: y + 5)
      taken.append(box)
      let isLeft = box.right < x
      return SVG.text(
        point.name, x: isLeft ? box.right : box.left, y: box.bottom - 1, anchor: isLeft ? "end" : "start",
        weight: isFront ? "bold" : "normal", color: isFront ? "#b85f1a" : nil)
    }
  }
}

/// A rectangle of the picture.
private struct Box {
  let left: Double
  let right: Double
  let top: Double
  let bottom: Double

  func overlaps(_ other: Box) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }
}

/// A logarithmic axis of speed and a linear one of scores.
private struct Axes {
  let speeds: ClosedRange<Double>
  let scores: ClosedRange<Double>
  let left: Double
  let top: Double
  let width: Double
  let height: Double

  init(
    speeds: ClosedRange<Double>, scores: [Double], left: Double, top: Double, width: Double, height: Double
  ) {
    self.speeds = speeds
    // Whole steps of 2 around the scores.
    self.scores = ((scores.min()! - 0.5) / 2).rounded(.down) * 2...((scores.max()! + 0.5) / 2).rounded(.up) * 2
    (self.left, self.top, self.width, self.height) = (left, top, width, height)
  }

  func place(_ point: SpeedPlot.Point) -> (x: Double, y: Double) { (x(point.speed), y(point.score)) }

  private func x(_ speed: Double) -> Double {
    left + log(speed / speeds.lowerBound) / log(speeds.upperBound / speeds.lowerBound) * width
  }

  private func y(_ score: Double) -> Double {
    top + height - (score - scores.lowerBound) / (scores.upperBound - scores.lowerBound) * height
  }

  func svg() -> [String] {
    var parts = [
      "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\" stroke=\"#c9ced6\"/>"
    ]
    for score in stride(from: scores.lowerBound, through: scores.upperBound, by: 2) {
      parts.append(SVG.line(left, y(score), left + width, y(score), color: "#e6e9ee"))
      parts.append(SVG.text(String(format: "%.0f", score), x: left - 8, y: y(score) + 4, anchor: "end"))
    }
    for power in Int(log10(speeds.lowerBound).rounded(.down))...Int(log10(speeds.upperBound).rounded(.up)) {
      for digit in [1.0, 2, 5] {
        let speed = digit * pow(10, Double(power))
        guard speeds.contains(speed) else { continue }
        parts.append(SVG.line(x(speed), top, x(speed), top + height, color: "#e6e9ee"))
        parts.append(SVG.text(String(format: "%g", speed), x: x(speed), y: top + height + 20, anchor: "middle"))
      }
    }
    parts.append(SVG.text("images a second", x: left + width / 2, y: top + height + 42, anchor: "middle"))
    parts.append(SVG.text("mIoU on Cityscapes val as published, %", x: left, y: top - 12))
    return parts
  }
}
