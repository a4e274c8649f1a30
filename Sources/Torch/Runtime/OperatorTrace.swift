import CTorch

/// One operator that a computation ran: its name (`conv2d`, `cat`, ...), tensor arguments and results.
///
/// Lists are flattened; an absent argument is `nil`.
public struct OperatorCall {
  public let name: String
  public let inputs: [Tensor?]
  public let outputs: [Tensor?]
}

/// The operators that `body` runs, in order, as the network names them (a convolution is one `conv2d`).
///
/// Tensors stay alive in the calls; run on `Device.meta` to watch shapes without memory.
public func recordOperators(_ body: () -> Void) -> [OperatorCall] {
  withoutActuallyEscaping(body) { body in
    let recorder = Recorder(body: body)
    let context = Unmanaged.passUnretained(recorder).toOpaque()
    check(
      ct_watch_operators(
        { context, name, inputs, inputCount, outputs, outputCount in
          let recorder = Unmanaged<Recorder>.fromOpaque(context!).takeUnretainedValue()
          recorder.calls.append(
            OperatorCall(
              name: String(cString: name!), inputs: retained(inputs, inputCount),
              outputs: retained(outputs, outputCount)))
        },
        { context in Unmanaged<Recorder>.fromOpaque(context!).takeUnretainedValue().body() },
        context))
    return recorder.calls
  }
}

private final class Recorder {
  let body: () -> Void
  var calls: [OperatorCall] = []
  init(body: @escaping () -> Void) { self.body = body }
}

private func retained(_ handles: UnsafePointer<ct_tensor?>?, _ count: Int) -> [Tensor?] {
  UnsafeBufferPointer(start: handles, count: count).map { handle in
    handle.map { borrowed in .make { ct_retain(borrowed, $0) } }
  }
}
