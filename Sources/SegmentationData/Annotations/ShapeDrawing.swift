import Foundation
import SegmentationImage

/// The way in which a tool turns outlines into pixels.
enum PolygonRule {
  /// Pillow's `ImageDraw`: LabelMe, Cityscapes.
  case pillow
  /// COCO's mask functions.
  case coco
  /// OpenCV's `fillPoly`: YOLO, Supervisely, Label Studio.
  case openCV
}

extension LabelCanvas {
  /// Draws a shape over what is there.
  /// - Parameter place: The file and the shape, for findings.
  mutating func draw(_ shape: Shape, by rule: PolygonRule, place: String, _ findings: AnnotationFindings) {
    switch shape.geometry {
    case .bitmap(let bitmap):
      let wanted = bitmap.pixels.count { $0 }
      let drawn = draw(bitmap, with: shape.label)
      if wanted == 0 { findings.add(.empty, place, "it has no pixels") }
      if drawn < wanted {
        findings.add(.outside, place, "\(wanted - drawn) of its \(wanted) pixels lie outside of the image")
      }
    case .polygons(let rings):
      for ring in rings { draw(ring, label: shape.label, by: rule, place: place, findings) }
    }
  }

  private mutating func draw(
    _ ring: [Point], label: UInt8, by rule: PolygonRule, place: String, _ findings: AnnotationFindings
  ) {
    guard ring.count >= 3, Self.area(of: ring) > 0 else {
      return findings.add(.empty, place, "a polygon of \(ring.count) points without an area")
    }
    let (width, height) = (mask.width, mask.height)
    let isInside = ring.allSatisfy {
      (-1...Double(width) + 1).contains($0.x) && (-1...Double(height) + 1).contains($0.y)
    }
    if !isInside {
      findings.add(
        .outside, place, "a part of its outline lies outside of the image of \(width)x\(height) (width x height)")
    }
    switch rule {
    case .pillow: PillowPolygon.fill(ring, height: height) { fill(row: $0, from: $1, through: $2, with: label) }
    case .openCV:
      OpenCVPolygon.fill(ring, width: width, height: height) { fill(row: $0, from: $1, through: $2, with: label) }
    case .coco:
      guard let bitmap = COCOPolygon.bitmap(of: ring, width: width, height: height) else {
        return findings.add(.unreadable, place, "its outline is too long to be drawn")
      }
      draw(bitmap, with: label)
    }
  }

  /// Twice the area would do; the sign tells the direction and is dropped.
  static func area(of ring: [Point]) -> Double {
    var sum = 0.0
    for (index, point) in ring.enumerated() {
      let next = ring[(index + 1) % ring.count]
      sum += point.x * next.y - next.x * point.y
    }
    return abs(sum) / 2
  }
}
