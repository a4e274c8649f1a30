import Foundation

/// The resources that this process has used so far.
public enum ProcessUsage {
  /// The most memory that was resident at a time, in bytes.
  public static var peakMemory: Int { status("VmHWM") ?? maximumResidentSize }

  /// The memory that is resident now, in bytes.
  public static var memory: Int { status("VmRSS") ?? maximumResidentSize }

  /// Processor time of all threads, user and system.
  public static var cpuSeconds: Double {
    let usage = usage
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  private static var usage: rusage {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    return usage
  }

  private static var maximumResidentSize: Int {
    #if os(Linux)
      usage.ru_maxrss * 1024
    #else
      usage.ru_maxrss
    #endif
  }

  /// A size among the kernel's figures for this process. Unlike `ru_maxrss` they leave out what the parent had used.
  private static func status(_ key: String) -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(key):") }),
      let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return kibibytes * 1024
  }
}
