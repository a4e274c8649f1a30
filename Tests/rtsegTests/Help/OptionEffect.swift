/// A sign that a command uses an option.
enum OptionEffect {
  /// The command gives another result with these arguments than without.
  case changes([String], besides: [String] = [])
  /// The command refuses these arguments, and the message has this text: the option has reached what it is for.
  case isRefused([String], telling: String)
  /// Another suite tests what the option does. It must use the option.
  case isTested(by: String)
}
