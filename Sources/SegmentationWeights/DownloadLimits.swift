/// The limits beyond which a download is given up.
package struct DownloadLimits: Sendable {
  /// Bytes; the largest published weights of the catalogue's encoders have a quarter of it.
  package var size = 2 << 30
  /// The least average speed, in bytes per second, over `window` seconds.
  package var speed = 1000.0
  package var window = 30.0

  package init() {}
}
