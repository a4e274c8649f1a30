import Foundation

/// The folder for files that can be made again: `RTSEG_CACHE`, or `rtseg` in `XDG_CACHE_HOME`, or `~/.cache/rtseg`.
package enum CacheFolder {
  package static func path(
    of environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String {
    if let folder = environment["RTSEG_CACHE"], !folder.isEmpty { return folder }
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") { return "\(folder)/rtseg" }
    return "\(environment["HOME"] ?? NSHomeDirectory())/.cache/rtseg"
  }
}
