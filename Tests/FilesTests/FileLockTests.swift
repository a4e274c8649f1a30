import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileLockTests {
  @Test func onlyOneHolds() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "lock").path
      var first = try FileLock(path)
      #expect(first != nil)
      #expect(try FileLock(path) == nil)
      first = nil
      #expect(try FileLock(path) != nil)
    }
  }
}
