import Files
import Foundation
import TestSupport
import Testing

@Suite struct OutputPlanTests {
  /// A folder with photos/a.jpg and photos/b.png, and what a plan with these inputs says of some outputs.
  private func refusal(_ prepare: (URL) throws -> Void = { _ in }, outputs: (String) -> [(String, String)]) throws
    -> String?
  {
    try withTemporaryFolder { folder in
      try FileSystem.makeFolder(folder.appending(path: "photos").path)
      for name in ["a.jpg", "b.png"] { try Data(name.utf8).write(to: folder.appending(path: "photos/\(name)")) }
      try prepare(folder)
      var plan = OutputPlan()
      for name in ["a.jpg", "b.png"] { plan.add(input: "\(folder.path)/photos/\(name)") }
      for (path, source) in outputs(folder.path) { plan.add(output: path, of: source) }
      let before = try files(in: folder)
      let text = message { try plan.check() }
      #expect(try files(in: folder) == before)
      return text?.replacing(folder.path, with: "F")
    }
  }

  @Test func resultsMayReplaceOlderResults() throws {
    #expect(try refusal { [("\($0)/photos/a.png", "a.jpg"), ("\($0)/new/deep/b.png", "b.png")] } == nil)
    #expect(
      try refusal {
        try Data().write(to: $0.appending(path: "old.png"))
      } outputs: {
        [("\($0)/old.png", "a.jpg")]
      }
        == nil)
  }

  @Test(arguments: [
    "photos/b.png", "photos/../photos/./b.png", "link/b.png", "soft.png", "hard.png",
  ])
  func aResultNeverReplacesAnInput(name: String) throws {
    let text = try refusal { folder in
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "photos")
      try manager.createSymbolicLink(atPath: "\(folder.path)/soft.png", withDestinationPath: "photos/b.png")
      try manager.linkItem(atPath: "\(folder.path)/photos/b.png", toPath: "\(folder.path)/hard.png")
    } outputs: {
      [("\($0)/\(name)", "b.png")]
    }
    #expect(
      text
        == "the result F/\(name) would replace the input F/photos/b.png: choose another place for the results")
  }

  /// The second names are those of one file, also where folders are still to be made.
  @Test(arguments: [
    ("out/a.png", "out/a.png"), ("out/a.png", "out/./a.png"), ("out/a.png", "other/../out/a.png"),
    ("out/a.png", "out//a.png"), ("photos/x.png", "link/x.png"), ("out/a.png", "future.png"),
  ])
  func twoResultsNeverMeet(first: String, second: String) throws {
    let text = try refusal { folder in
      try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/link", withDestinationPath: "photos")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/future.png", withDestinationPath: "out/a.png")
    } outputs: {
      [("\($0)/\(first)", "--json"), ("\($0)/\(second)", "--plot")]
    }
    #expect(text == "--json and --plot would both be written to F/\(second): give them different names")
  }

  /// Names that differ in capital letters are two files or one, as the file system has it.
  @Test func capitalLettersCountAsTheFileSystemHasIt() throws {
    let text = try refusal { [("\($0)/out/A.png", "A.jpg"), ("\($0)/out/a.png", "a.png")] }
    let ignoresCase = FileManager.default.fileExists(atPath: #filePath.uppercased())
    #expect((text != nil) == ignoresCase)
  }

  @Test func whatIsNoFileIsNotReplaced() throws {
    #expect(
      try refusal { [("\($0)/photos", "--json")] }
        == "the result F/photos cannot be written: a folder of this name is there")
    #expect(
      try refusal { _ in [("/dev/null", "--json")] } == "the result /dev/null cannot be written: it is not a file")
  }

  @Test func namesThatAreNotUTF8AreCompared() throws {
    let text = try refusal { [("\($0)/\u{F7E9}.png", "x"), ("\($0)/\u{F7E8}.png", "y")] }
    #expect(text == nil)
  }
}
