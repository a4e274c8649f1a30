#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Asks the system for few large pages in place of many small ones, where it has them.
func adviseHugePages(_ memory: UnsafeMutableRawPointer, _ bytes: Int) {
  #if os(Linux)
    _ = madvise(memory, bytes, MADV_HUGEPAGE)
  #endif
}
