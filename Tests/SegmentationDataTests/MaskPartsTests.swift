import SegmentationData
import Testing

struct MaskPartsTests {
  struct Drawing: CustomTestStringConvertible {
    let rows: [String]
    let parts: Int
    var testDescription: String { rows.joined(separator: "/") }
  }

  /// The numbers are those of a flood fill in Python over all eight neighbours. A dot is ignored.
  @Test(arguments: [
    Drawing(rows: ["0000", "0000"], parts: 1), Drawing(rows: ["...."], parts: 0), Drawing(rows: ["0101"], parts: 4),
    Drawing(rows: ["01", "10"], parts: 2), Drawing(rows: ["0.0", "0.0", "000"], parts: 1),
    Drawing(rows: ["0.0", ".0.", "0.0"], parts: 1), Drawing(rows: ["0..0", "...."], parts: 2),
    Drawing(rows: ["11111", "1...1", "1.2.1", "1...1", "11111"], parts: 2),
    Drawing(rows: ["0.0.0", "0.0.0", "00000"], parts: 1), Drawing(rows: ["1..1", ".22.", "1..1"], parts: 5),
    Drawing(rows: ["0", "1", "0"], parts: 3),
  ])
  func `areas are pixels of a class that touch each other`(_ drawing: Drawing) {
    let ids = drawing.rows.joined().map { $0.wholeNumberValue.map(UInt8.init) ?? LabelSet.ignored }
    #expect(MaskParts.count(ids, width: drawing.rows[0].count) == drawing.parts)
  }

  @Test func `a comb is one area whichever way it is read`() {
    // Many areas are joined late, by the last row.
    let (width, height) = (101, 40)
    var ids = (0..<width * height).map { UInt8($0 % width % 2) }
    #expect(MaskParts.count(ids, width: width) == width)
    for column in 0..<width { ids[(height - 1) * width + column] = 0 }
    #expect(MaskParts.count(ids, width: width) == 1 + width / 2)
    #expect(MaskParts.count(ids.reversed(), width: width) == 1 + width / 2)
  }
}
