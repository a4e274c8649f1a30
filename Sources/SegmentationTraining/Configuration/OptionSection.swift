/// Options that can be created with defaults only.
///
/// An options struct that is an optional property (`var distillation: DistillationOptions?`) conforms, so that a file
/// that mentions it need not give all of its keys.
public protocol OptionSection: Codable, Sendable, Equatable {
  /// Creates options with default values.
  init()
}
