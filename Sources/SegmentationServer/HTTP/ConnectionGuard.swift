import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose client is slow: in sending a request, or in reading its answer. It also closes those on
/// which nothing happens, tells clients that ask first to send their bodies, and notices clients that go away before
/// they have an answer.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let limit: TimeAmount
  private var deadline: Scheduled<Void>?
  /// Whether a request began whose end has not come.
  private var isReading = false
  /// Whether the client has closed its side of the connection.
  private var isDeserted = false
  /// The function that the request in progress wants called when its client goes away.
  private var departure: (@Sendable () -> Void)?

  init(seconds: Double) { limit = .milliseconds(Int64(seconds * 1000)) }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { close(context, after: limit) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelActive(context: ChannelHandlerContext) {
    close(context, after: limit)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    noteDeparture()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .inputClosed? = event as? ChannelEvent { noteDeparture() }
    context.fireUserInboundEventTriggered(event)
  }

  /// Calls `body` once if the client goes away before the request's answer is written, or at once if it has gone.
  fileprivate func onDeparture(_ body: @escaping @Sendable () -> Void) {
    if isDeserted { body() } else { departure = body }
  }

  private func noteDeparture() {
    isDeserted = true
    departure?()
    departure = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      isReading = true
      // The server itself answers with status 408 at the limit; this is for a client that then goes on sending.
      close(context, after: limit + .seconds(2))
      if head.headerFields[.expect]?.lowercased() == "100-continue" {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
    case .body: break
    case .end:
      isReading = false
      deadline?.cancel()
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
    departure = nil
    close(context, after: limit)
    let written = promise ?? context.eventLoop.makePromise(of: Void.self)
    let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    written.futureResult.whenSuccess {
      let (handler, context) = loopBound.value
      // A refused client may still be sending. It gets some time to read the refusal, and is cut off then.
      handler.close(context, after: handler.isReading ? .seconds(2) : handler.limit)
    }
    context.write(data, promise: written)
  }

  private func close(_ context: ChannelHandlerContext, after time: TimeAmount) {
    deadline?.cancel()
    let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: time) { loopBound.value.close(promise: nil) }
  }
}

extension Channel {
  /// Calls `body` once if the client of this connection goes away before the answer to its request is written.
  func onDeparture(_ body: @escaping @Sendable () -> Void) {
    eventLoop.execute {
      try? self.pipeline.syncOperations.handler(type: ConnectionGuard.self).onDeparture(body)
    }
  }
}
