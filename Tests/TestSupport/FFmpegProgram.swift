import Foundation

/// The programs ffmpeg and ffprobe, with which tests make videos and look at them.
public enum FFmpegProgram {
  /// Whether both are on the `PATH`. Tests that need them are left out otherwise; `scripts/check` installs them.
  public static let isThere = path("ffmpeg") != nil && path("ffprobe") != nil

  /// A failure of one of them, with what it said.
  public struct Failure: Error {
    /// The text on standard error.
    public let errors: String
  }

  /// The path of a program; `nil` if it is not on the `PATH`.
  public static func path(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs ffmpeg and returns what it writes to standard output.
  @discardableResult
  public static func run(_ arguments: String...) throws -> Data { try run(arguments) }

  /// Runs ffmpeg and returns what it writes to standard output.
  @discardableResult
  public static func run(_ arguments: [String]) throws -> Data {
    try output("ffmpeg", ["-nostdin", "-v", "error", "-y"] + arguments)
  }

  /// Draws ffmpeg's moving test picture.
  /// - Parameters:
  ///   - file: The path of the video.
  ///   - size: Width x height.
  ///   - more: More of ffmpeg's arguments, for the file.
  public static func draw(
    _ file: String, size: String = "96x64", rate: Int = 10, seconds: Double = 1, _ more: String...
  ) throws {
    _ = try output(
      "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=\(size):r=\(rate):d=\(seconds)"] + more
        + ["file:\(file)"])
  }

  /// Values that ffprobe tells about the video of a file, one row for each frame, packet or stream.
  /// - Parameters:
  ///   - section: "stream", "packet" or "frame".
  ///   - entries: The names of the values, separated by commas.
  public static func probe(_ file: String, _ section: String, _ entries: String, streams: String = "v:0") throws
    -> [String]
  {
    let data = try output(
      "ffprobe",
      [
        "-v", "error", "-select_streams", streams, "-show_entries", "\(section)=\(entries)", "-of", "csv=p=0",
        "-i", "file:\(file)",
      ])
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map {
      String($0).trimmingCharacters(in: CharacterSet(charactersIn: ", \r"))
    }
  }

  /// The checksum of the packets of a file's streams, such as `a` for all sound.
  public static func checksum(_ file: String, streams: String) throws -> String {
    String(
      decoding: try run("-i", "file:\(file)", "-map", "0:\(streams)", "-c", "copy", "-f", "md5", "-"), as: UTF8.self)
  }

  private static func output(_ name: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = path(name).map { URL(filePath: $0) }
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let folder = try TemporaryFolder()
    let files = try ["out", "err"].map { URL(filePath: try folder.file($0)) }
    for file in files { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(errors: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self))
    }
    return try Data(contentsOf: files[0])
  }
}
