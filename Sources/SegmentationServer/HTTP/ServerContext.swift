import Hummingbird
import NIOCore

/// A request's surroundings.
struct ServerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The client's address.
  let client: String

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    client = source.channel.remoteAddress?.ipAddress ?? "-"
  }
}
