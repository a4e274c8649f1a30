import CTorch
import Foundation

/// A TorchScript module: tensors and functions as source text. `torch.jit.load` opens what it saves.
public final class ScriptModule {
  private let handle: ct_script

  /// Creates a module without content.
  /// - Parameter name: The name of its class.
  /// - Throws: `TorchError` for a name that TorchScript does not take.
  public init(named name: String) throws {
    var out: ct_script?
    try checkThrowing(ct_script_create(name, &out))
    handle = out!
  }

  /// Opens a saved module, with its tensors on the CPU.
  /// - Throws: `TorchError` if the file cannot be read or is no module.
  public init(contentsOf file: URL) throws {
    var out: ct_script?
    try checkThrowing(ct_script_load(file.path, &out))
    handle = out!
  }

  deinit { ct_script_free(handle) }

  /// Adds a tensor, which the source text calls `self.NAME`.
  /// - Parameter isParameter: Whether it is a parameter, and not a buffer.
  /// - Throws: `TorchError` for a name that is there already.
  public func add(_ tensor: Tensor, named name: String, isParameter: Bool) throws {
    try checkThrowing(ct_script_add(handle, name, tensor.handle, isParameter))
  }

  /// Adds functions from their source text.
  /// - Throws: `TorchError` with the place of a mistake in the text.
  public func define(_ source: String) throws { try checkThrowing(ct_script_define(handle, source)) }

  /// Runs the function `forward` on a tensor.
  /// - Throws: `TorchError` if an operator refuses its arguments.
  public func callAsFunction(_ input: Tensor) throws -> Tensor {
    try catchingTorchErrors { withoutGradients { Tensor.make { ct_script_forward(handle, input.handle, $0) } } }
  }

  /// The bytes of a file with the module.
  /// - Parameter text: One more file in the archive, by its name. Python finds it through `_extra_files`.
  /// - Throws: `TorchError` if libtorch cannot save the module.
  public func encoded(with text: (name: String, content: String)) throws -> Data {
    let sink = Sink()
    try checkThrowing(
      ct_script_save(
        handle, text.name, text.content,
        { context, bytes, count in
          let sink = Unmanaged<Sink>.fromOpaque(context!).takeUnretainedValue()
          if let bytes { sink.data.append(bytes.assumingMemoryBound(to: UInt8.self), count: count) }
          return true
        }, Unmanaged.passUnretained(sink).toOpaque()))
    return sink.data
  }

  private final class Sink {
    var data = Data()
  }
}
