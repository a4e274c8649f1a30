import Basics
import Foundation
import Testing

@Suite struct TextTests {
  @Test func numbersAreAlignedToTheRight() {
    let rows = [["network", "ms", "size"], ["fastscnn", "7.5", "512x1024"], ["enet", "12.25", ""]]
    #expect(
      TextTable.text(rows) == """
        network   ms     size
        fastscnn    7.5  512x1024
        enet      12.25
        """)
  }

  @Test func columnsTakeTheSidesThatAreGiven() {
    #expect(TextTable.lines([["a", "b"], ["100", "-"]], [.left, .right]) == ["a    b", "100  -"])
    #expect(TextTable.lines([["a", "1"], ["100", "22"]], [.right, .left]) == ["  a  1", "100  22"])
    #expect(TextTable.lines([]) == [])
  }

  @Test func keysOfJSONAreSnakeCase() throws {
    struct Row: Codable, Equatable {
      var meanIou = 0.5
      var bestFile = "a/b"
      var started = Date(timeIntervalSince1970: 0)
    }
    let json = try JSONEncoder.snakeCase().encode(Row())
    #expect(
      String(decoding: json, as: UTF8.self)
        == #"{"best_file":"a/b","mean_iou":0.5,"started":"1970-01-01T00:00:00Z"}"#)
    #expect(try JSONDecoder.snakeCase().decode(Row.self, from: json) == Row())
    let indented = try JSONEncoder.snakeCase(indented: true).encode(["aB": 1])
    #expect(String(decoding: indented, as: UTF8.self).contains("\n"))
  }

  @Test func durationsAreSeconds() {
    #expect(Duration.milliseconds(1500).seconds == 1.5)
    #expect(Duration.zero.seconds == 0)
  }
}
