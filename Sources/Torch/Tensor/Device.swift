import CTorch

/// The device on which a tensor lives and its operations run.
public struct Device: Sendable, Hashable, CustomStringConvertible {
  /// The kind of a device, numbered as libtorch numbers it.
  public enum Kind: Int32, Sendable {
    /// The processor.
    case cpu = 0
    /// An NVIDIA GPU.
    case cuda = 1
    /// The GPU of an Apple computer.
    case mps = 13
    /// Shapes without data: operations compute sizes only.
    case meta = 14
  }

  /// The kind of device.
  public var kind: Kind
  /// The number among several devices of a kind; `nil` for the current one.
  public var index: Int?

  /// Makes a device; it need not exist on this machine.
  public init(_ kind: Kind, index: Int? = nil) {
    self.kind = kind
    self.index = index
  }

  /// The processor.
  public static let cpu = Device(.cpu)
  /// The GPU of an Apple computer.
  public static let mps = Device(.mps)
  /// The device that knows shapes and has no data.
  public static let meta = Device(.meta)
  /// An NVIDIA GPU by its number.
  public static func cuda(_ index: Int = 0) -> Device { Device(.cuda, index: index) }

  /// Parses `cpu`, `cuda`, `cuda:1`, `mps` or `meta`; `nil` for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let kinds: [Substring: Kind] = ["cpu": .cpu, "cuda": .cuda, "mps": .mps, "meta": .meta]
    guard let first = parts.first, let kind = kinds[first], parts.count <= 2 else { return nil }
    self.init(kind)
    if parts.count == 2 {
      guard kind == .cuda, let index = Int(parts[1]), index >= 0 else { return nil }
      self.index = index
    }
  }

  /// The name as libtorch writes it, such as `cpu` or `cuda:0`.
  public var description: String {
    let name = String(describing: kind)
    return index.map { "\(name):\($0)" } ?? name
  }

  var handle: ct_device { ct_device(type: kind.rawValue, index: Int32(index ?? -1)) }

  /// The device on which new tensors and modules are made unless another is named; see `withDefaultDevice`.
  @TaskLocal public static var current = Device.cpu
}

/// Makes tensors and modules created in `body` on `device`: `.meta` builds a network without memory or initialization.
public func withDefaultDevice<Result>(_ device: Device, _ body: () throws -> Result) rethrows -> Result {
  try Device.$current.withValue(device, operation: body)
}
