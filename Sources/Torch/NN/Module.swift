import Basics

/// A network or a part of one: parameters, buffers and child modules, found by reflection over its stored properties.
///
/// Children are plain `let` properties (a module, an optional one, arrays of them); weights are marked `@Parameter`,
/// other state `@Buffer`. Names in checkpoints follow from the properties' (`checkpointName`) and equal PyTorch's.
/// Nothing is replaced after `init`: loading copies values in, moving to a device swaps the data behind the tensors.
open class Module {
  /// Whether layers behave as in training (batch statistics, dropout). Set through `train` and `eval`.
  public private(set) var isTraining = true

  private lazy var members = Members(of: self)

  /// Makes a module in training mode.
  public init() {}

  /// The direct children and their names, in declaration order, superclasses first.
  open var children: [(name: String, module: Module)] { members.children }

  /// Switches this module and all below it to training behaviour, or off it.
  @discardableResult
  public func train(_ enabled: Bool = true) -> Self {
    visit { _, module in module.isTraining = enabled }
    return self
  }

  /// Switches to evaluation behaviour.
  @discardableResult
  public func eval() -> Self { train(false) }

  /// Calls `body` with this module and all below it, parents first; names are empty for the module itself.
  public func visit(_ body: (_ name: String, _ module: Module) -> Void) { visit(prefix: "", body) }

  private func visit(prefix: String, _ body: (String, Module) -> Void) {
    body(prefix, self)
    for (name, child) in children { child.visit(prefix: prefix.isEmpty ? name : "\(prefix).\(name)", body) }
  }

  /// All parameters by name, in PyTorch's order.
  public var namedParameters: [(name: String, tensor: Tensor)] { tensors { $0.parameters } }

  /// All parameters, in PyTorch's order.
  public var parameters: [Tensor] { namedParameters.map(\.tensor) }

  /// All parameters and buffers by name, in the order of PyTorch's `state_dict`. The tensors are the module's own.
  public var namedState: [(name: String, tensor: Tensor)] { tensors { $0.parameters + $0.buffers } }

  private func tensors(_ own: (Members) -> [(String, Tensor)]) -> [(name: String, tensor: Tensor)] {
    var result: [(String, Tensor)] = []
    visit { name, module in
      for (key, tensor) in own(module.members) { result.append((name.isEmpty ? key : "\(name).\(key)", tensor)) }
    }
    return result
  }

  /// Number of elements of all parameters.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

  /// Moves parameters and buffers to a device; gradients are dropped.
  @discardableResult
  public func to(_ device: Device) -> Self {
    for (_, tensor) in namedState {
      tensor.grad = nil
      tensor.setData(tensor.detached().to(device: device))
    }
    return self
  }

  /// Forgets all gradients.
  public func clearGradients() {
    for tensor in parameters { tensor.grad = nil }
  }
}

/// The parameters, buffers and children that reflection finds in one module.
private struct Members {
  var parameters: [(String, Tensor)] = []
  var buffers: [(String, Tensor)] = []
  var children: [(name: String, module: Module)] = []

  init(of module: Module) {
    if let sequential = module as? Sequential {
      for (index, layer) in sequential.layers.enumerated() {
        children.append(("\(sequential.firstIndex + index)", layer))
      }
      return
    }
    var mirrors: [Mirror] = []
    var next: Mirror? = Mirror(reflecting: module)
    while let mirror = next, mirror.subjectType != Module.self {
      mirrors.append(mirror)
      next = mirror.superclassMirror
    }
    for mirror in mirrors.reversed() {
      for (label, value) in mirror.children {
        guard let label else { continue }
        if let slot = value as? any TensorSlot {
          guard let tensor = slot.tensor else { continue }
          let name = checkpointName(String(label.dropFirst()))  // the wrapper's storage: "_weight"
          if slot.isBuffer { buffers.append((name, tensor)) } else { parameters.append((name, tensor)) }
        } else {
          add(value, name: checkpointName(label), owner: module)
        }
      }
    }
  }

  private mutating func add(_ value: Any, name: String, owner: Module) {
    if let module = value as? Module {
      children.append((name, module))
    } else if let array = value as? [Any] {
      for (index, element) in array.enumerated() { add(element, name: "\(name).\(index)", owner: owner) }
    } else {
      let mirror = Mirror(reflecting: value)
      if mirror.displayStyle == .optional {
        if let wrapped = mirror.children.first?.value { add(wrapped, name: name, owner: owner) }
      } else if Self.hidesState(mirror) {
        fatalError(
          "\(type(of: owner)).\(name) holds a module or parameter inside a \(type(of: value)), where it would be lost: "
            + "make it a property, an optional or an array")
      }
    }
  }

  /// Whether a tuple, dictionary, set, structure or enumeration has a module or parameter inside.
  private static func hidesState(_ mirror: Mirror) -> Bool {
    guard mirror.displayStyle != nil, mirror.displayStyle != .class else { return false }
    return mirror.children.contains { child in
      child.value is Module || child.value is any TensorSlot || hidesState(Mirror(reflecting: child.value))
    }
  }
}

/// A property's name in checkpoints: `_` before each capital that follows a lower-case letter or a digit, all lower-case.
///
/// `initialBlock` becomes `initial_block`; `arm_16` and `conv_A` (already in PyTorch's spelling) stay.
public func checkpointName(_ property: String) -> String { property.snakeCase }

// MARK: - Roles of tensors

/// A tensor of a module, or none.
public protocol TensorSlotValue {
  /// The tensor; `nil` if there is none.
  var tensorValue: Tensor? { get }
}
extension Tensor: TensorSlotValue {
  /// The tensor itself.
  public var tensorValue: Tensor? { self }
}
extension Tensor?: TensorSlotValue {
  /// The tensor, if there is one.
  public var tensorValue: Tensor? { self }
}

private protocol TensorSlot {
  var tensor: Tensor? { get }
  var isBuffer: Bool { get }
}

/// Marks a weight: trained by optimizers, part of checkpoints.
@propertyWrapper
public struct Parameter<Value: TensorSlotValue>: TensorSlot {
  /// The tensor, which stays the same object for the module's life.
  public let wrappedValue: Value

  /// Marks a tensor as a parameter, and has operations on it recorded for the backward pass.
  public init(wrappedValue: Value) {
    self.wrappedValue = wrappedValue
    wrappedValue.tensorValue?.requiresGrad = true
  }

  fileprivate var tensor: Tensor? { wrappedValue.tensorValue }
  fileprivate var isBuffer: Bool { false }
}

/// Marks state that is not trained but part of checkpoints, such as running statistics.
@propertyWrapper
public struct Buffer<Value: TensorSlotValue>: TensorSlot {
  /// The tensor, which stays the same object for the module's life.
  public let wrappedValue: Value

  /// Marks a tensor as state that is not trained.
  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }

  fileprivate var tensor: Tensor? { wrappedValue.tensorValue }
  fileprivate var isBuffer: Bool { true }
}
