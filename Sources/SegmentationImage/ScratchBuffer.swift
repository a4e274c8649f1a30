/// Raw memory that grows and is used again, so that a loop over files does not allocate for each.
package final class ScratchBuffer {
  private var memory: UnsafeMutableRawPointer
  private var capacity: Int

  package init() {
    capacity = 4096
    memory = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { memory.deallocate() }

  /// Memory for `count` values of a trivial type, uninitialized, valid until the next call.
  package func reserve<Value>(_ count: Int, of type: Value.Type = UInt8.self) -> UnsafeMutablePointer<Value> {
    let bytes = count * MemoryLayout<Value>.stride
    if bytes > capacity {
      memory.deallocate()
      capacity = bytes + bytes / 4
      memory = .allocate(byteCount: capacity, alignment: 64)
    }
    return memory.bindMemory(to: Value.self, capacity: count)
  }
}
