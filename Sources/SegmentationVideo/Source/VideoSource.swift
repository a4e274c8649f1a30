import Files
import Foundation

/// A place that a video comes from.
package enum VideoSource: Sendable, Equatable {
  /// A regular file.
  case file(String)
  /// A container on standard input.
  case standardInput
  /// A named pipe with a container.
  case namedPipe(String)
  /// A camera that the system shows as a device.
  case camera(String)
  /// An address in a network.
  case address(String, scheme: String)

  /// For each scheme of addresses, the protocols that ffmpeg may use for it. Nothing that a stream names leads to others,
  /// such as files of this computer.
  static let protocols: [String: String] = [
    "http": "http,https,tcp,tls,crypto,httpproxy", "https": "http,https,tcp,tls,crypto,httpproxy",
    "rtsp": "rtp,udp,tcp,tls,srtp", "rtsps": "rtp,udp,tcp,tls,srtp", "rtmp": "rtmp,tcp", "rtmps": "rtmps,tcp,tls",
    "rtp": "rtp,udp,srtp", "udp": "udp", "tcp": "tcp", "srt": "srt",
  ]

  /// The name of the source in messages.
  package var name: String {
    switch self {
    case .standardInput: "standard input"
    case .file(let path), .namedPipe(let path), .camera(let path): path
    case .address(let address, _): Self.withoutPassword(address)
    }
  }

  /// Whether frames come at their own pace, so that those which nobody has time for are dropped. An address of a web
  /// server may be a file or a camera; a file has a duration.
  func isLive(duration: Double?) -> Bool {
    switch self {
    case .file, .standardInput, .namedPipe: false
    case .camera: true
    case .address(_, let scheme): scheme.hasPrefix("http") ? duration == nil : true
    }
  }

  /// The arguments with which ffmpeg and ffprobe open the source and nothing else.
  package var arguments: [String] {
    switch self {
    case .file(let path): ["-protocol_whitelist", "file", "-i", "file:\(path)"]
    case .standardInput, .namedPipe: ["-protocol_whitelist", "pipe", "-i", "pipe:0"]
    case .camera(let path): ["-f", "v4l2", "-i", FileSystem.realPath(path) ?? path]
    case .address(let address, let scheme):
      (scheme.hasPrefix("rtsp") ? ["-rtsp_flags", "prefer_tcp"] : [])
        + ["-protocol_whitelist", Self.protocols[scheme] ?? "", "-i", address]
    }
  }

  /// Whether the bytes come through this process.
  var isRelayed: Bool {
    switch self {
    case .standardInput, .namedPipe: true
    default: false
    }
  }

  private static func withoutPassword(_ address: String) -> String {
    address.replacing(/:\/\/[^\/@]*@/, with: "://")
  }
}
