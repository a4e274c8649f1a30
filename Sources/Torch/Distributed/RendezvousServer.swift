import CTorch

/// Serves the port at which processes meet, for processes that do not serve it themselves.
///
/// A launcher that holds one can take any free port, and no other program can take it meanwhile.
public final class RendezvousServer {
  /// The port, on all addresses of this machine.
  public let port: Int
  private let handle: ct_rendezvous

  /// - Parameter port: 0 for one that is free.
  /// - Throws: `TorchError` if the port is in use.
  public init(port: Int = 0) throws {
    var out: ct_rendezvous?
    var chosen = 0
    try checkThrowing(ct_rendezvous_serve(port, &out, &chosen))
    handle = out!
    self.port = chosen
  }

  /// Leaves a note for all processes that meet here, as `ProcessGroup.leave` does.
  public func leave(_ note: String, key: String) { _ = ct_rendezvous_leave(handle, key, note) }

  deinit { ct_rendezvous_free(handle) }
}
