import Foundation
import SegmentationData
import Testing

@Suite struct ColorJitterTests {
  struct Case: Decodable {
    let changes: [[String]]
    let pixels: [Int]

    var adjustments: [ColorJitter.Adjustment] {
      changes.map { change in
        let amount = Double(change[1])!
        return switch change[0] {
        case "brightness": .brightness(amount)
        case "contrast": .contrast(amount)
        case "saturation": .saturation(amount)
        default: .hue(amount)
        }
      }
    }
  }

  // The image of Fixtures/make_fixtures.py.
  static let image = (0..<324).map { (i: Int) -> UInt8 in UInt8((i * i * 7 + i * 37 + 11) % 256) }

  /// Changed by numpy, OpenCV and colorsys, rounded after every change as here.
  @Test func changesAsReferencesDo() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/jitter.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count == 12)
    for item in cases {
      var pixels = Self.image
      let table = ColorJitter.apply(item.adjustments, to: &pixels, count: 12 * 9)
      let differences = zip(pixels, item.pixels).map { abs(Int(table[Int($0.0)]) - $0.1) }
      // Fixed point against floating point: a few values round to the other side, which later changes carry on.
      #expect(differences.max()! <= item.changes.count, "\(item.changes)")
      #expect(
        differences.filter { $0 > 0 }.count <= differences.count / (item.changes.count > 1 ? 3 : 10), "\(item.changes)")
    }
  }

  @Test func aFullTurnOfHueChangesNothing() {
    var pixels = Self.image
    let table = ColorJitter.apply([.hue(1)], to: &pixels, count: 12 * 9)
    #expect(pixels.map { table[Int($0)] } == Self.image)
  }

  @Test func drawsFromTheStrengths() {
    let jitter = ColorJitter(brightness: 0.5, contrast: 0.2, saturation: 2, hue: 0.1, probability: 0.75)
    var orders: Set<String> = []
    var unchanged = 0
    for index in 0..<2000 {
      var random = RandomStream("jitter", seed: 1, index)
      let drawn = jitter.draw(using: &random)
      if drawn.isEmpty { unchanged += 1 } else { #expect(drawn.count == 4) }
      var order = ""
      for adjustment in drawn {
        switch adjustment {
        case .brightness(let factor): #expect((0.5...1.5).contains(factor)); order += "b"
        case .contrast(let factor): #expect((0.8...1.2).contains(factor)); order += "c"
        case .saturation(let factor): #expect((0...3).contains(factor)); order += "s"
        case .hue(let shift): #expect((-0.1...0.1).contains(shift)); order += "h"
        }
      }
      orders.insert(order)
    }
    #expect(orders.count == 25)  // 24 orders, and none
    #expect(abs(unchanged - 500) < 80)
  }

  @Test func strengthsOfZeroChangeNothing() {
    var random = RandomStream(seed: 3)
    let jitter = ColorJitter(brightness: 0, contrast: 0, saturation: 0, hue: 0, probability: 1)
    #expect(jitter.draw(using: &random).isEmpty)
  }
}
