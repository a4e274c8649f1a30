import Basics
import Testing

@Suite struct NameTests {
  // python: Levenshtein.distance(a, b), or nltk.edit_distance(a, b)
  @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0), ("flaw", "lawn", 2)])
  func editDistance(first: String, second: String, distance: Int) {
    #expect(first.editDistance(to: second) == distance)
  }

  @Test(.timeLimit(.minutes(10))) func longNamesAreNotCompared() {
    let name = String(repeating: "epochs", count: 200_000)
    #expect(name.editDistance(to: name) == 0)
    #expect(name.editDistance(to: "epochs") == 1_200_000)
    #expect(name.nearest(among: Array(repeating: "epochs", count: 100)) == nil)
  }

  @Test func theNearestNameIsFoundAndAFarOneIsNot() {
    let names = ["fastscnn", "bisenetv2", "ddrnet-23slim"]
    #expect("fast-scnn".nearest(among: names) == "fastscnn")
    #expect("DDRNet-23-slim".nearest(among: names) == "ddrnet-23slim")
    #expect("segformer-b0".nearest(among: names) == nil)
  }

  @Test(arguments: [
    ("initialBlock", "initial_block"), ("arm_16", "arm_16"), ("conv_A", "conv_A"), ("stage3Block", "stage3_block"),
  ])
  func snakeCase(property: String, expected: String) {
    #expect(property.snakeCase == expected)
  }
}
