import CTorch

/// Runs `body` in mixed precision: libtorch chooses per operator between `dtype` and float32.
///
/// `nil` changes nothing, so that the choice can be a value.
public func autocast<Result>(
  _ dtype: DType?, device: Device = .current, _ body: () throws -> Result
) rethrows -> Result {
  guard let dtype else { return try body() }
  let kind = device.kind.rawValue
  var previous = ct_autocast_state(enabled: false, dtype: 0)
  check(ct_autocast(kind, &previous))
  check(ct_autocast_enter(kind, ct_autocast_state(enabled: true, dtype: dtype.rawValue)))
  defer { check(ct_autocast_exit(kind, previous)) }
  return try body()
}
