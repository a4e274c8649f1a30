import Hummingbird
import NIOCore

/// A request's surroundings.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The client's address.
  let client: String
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    client = source.channel.remoteAddress?.ipAddress ?? "-"
  }
}
