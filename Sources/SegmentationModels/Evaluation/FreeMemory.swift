import Foundation

/// How much memory of the machine this process may still take.
public enum FreeMemory {
  /// Bytes that the system has free, no more than what a container or the shell's limit leaves; nil if none of them is
  /// known.
  public static var bytes: Int? { [system, container, addressSpace].compactMap { $0 }.min() }

  private static var system: Int? {
    let lines = text("/proc/meminfo")?.split(separator: "\n") ?? []
    guard let line = lines.first(where: { $0.hasPrefix("MemAvailable:") }),
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return kilobytes.multipliedReportingOverflow(by: 1024).partialValue
  }

  /// The bytes that the control group of a container leaves.
  private static var container: Int? {
    func number(_ path: String) -> Int? {
      text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
    for (limit, usage) in [
      ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
      ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ] {
      guard let limit = number(limit), let usage = number(usage) else { continue }
      // Cached files count as used and are given back when memory is needed.
      let cached = text("/sys/fs/cgroup/memory.stat")?.split(separator: "\n")
        .first { $0.hasPrefix("inactive_file ") }?.split(separator: " ").last.flatMap { Int($0) }
      return max(0, limit - usage + (cached ?? 0))
    }
    return nil
  }

  /// The bytes that `ulimit -v` leaves.
  private static var addressSpace: Int? {
    #if os(Linux)
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max),
        let pages = text("/proc/self/statm")?.split(separator: " ").first.flatMap({ Int($0) })
      else { return nil }
      return max(0, Int(limit.rlim_cur) - pages * Int(sysconf(Int32(_SC_PAGESIZE))))
    #else
      return nil
    #endif
  }

  private static func text(_ path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path), let data = try? file.read(upToCount: 1 << 16) else {
      return nil
    }
    return String(decoding: data, as: UTF8.self)
  }
}
