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

  @Test func `whether a lock is held can be asked`() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "lock").path
      #expect(!FileLock.isHeld(path))
      // Nothing was made by asking.
      #expect(try files(in: folder) == [])
      var lock = try FileLock(path)
      #expect(lock != nil && FileLock.isHeld(path))
      lock = nil
      #expect(!FileLock.isHeld(path))
      #expect(try FileLock(path) != nil)
    }
  }
}
