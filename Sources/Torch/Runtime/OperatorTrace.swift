import CTorch

/// One operator that a computation ran, with the arguments of its schema and its results.
public struct OperatorCall {
  /// An argument of the call.
  public struct Argument {
    /// The argument's name in libtorch's schema, such as `input` or `weight`.
    public let name: String
    /// The argument's value.
    public let value: OperatorArgument<Tensor>
    /// Whether the operator writes to it, as `relu_` does.
    public let isWritten: Bool
  }

  /// The operator's name, such as `conv2d` or `cat`.
  public let name: String
  /// The overload, which tells several operators of one name apart, such as `Tensor` or `Scalar`; often empty.
  public let overload: String
  /// The arguments in the schema's order. Devices count as none.
  public let arguments: [Argument]
  /// The results. Lists are flattened.
  public let outputs: [Tensor?]

  /// The tensors among the arguments. Lists are flattened; an absent argument is `nil`.
  public var inputs: [Tensor?] { arguments.flatMap(\.value.tensors) }

  fileprivate init(_ call: ct_operator_call) {
    name = String(cString: call.name)
    overload = String(cString: call.overload)
    arguments = UnsafeBufferPointer(start: call.arguments, count: call.argument_count).map { argument in
      Argument(
        name: String(cString: argument.name), value: OperatorArgument(argument), isWritten: argument.is_written)
    }
    outputs = UnsafeBufferPointer(start: call.results, count: call.result_count).map(retained)
  }
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
        { context, call in
          let recorder = Unmanaged<Recorder>.fromOpaque(context!).takeUnretainedValue()
          recorder.calls.append(OperatorCall(call!.pointee))
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
