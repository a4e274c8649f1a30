import Basics
import Files
import Foundation

/// The address of an MLflow server.
struct MLflowAddress: Sendable {
  let url: URL
  /// The address as the user gave it.
  let text: String

  /// - Throws: `InvalidOption` for the option `mlflow` if the text is not the address of a server.
  init(_ text: String) throws(InvalidOption) {
    func refusal(_ expected: String) -> InvalidOption {
      InvalidOption("mlflow", "expected \(expected), found \(text.printable(limit: 200))")
    }
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty, parts.query == nil,
      parts.fragment == nil, let url = parts.url
    else {
      throw refusal("the address of an MLflow server, such as http://localhost:5000 (mlflow server starts one)")
    }
    guard parts.user == nil, parts.password == nil else {
      throw InvalidOption(
        "mlflow",
        "expected an address without a user and a password, which config.yaml would show; set MLFLOW_TRACKING_USERNAME "
          + "and MLFLOW_TRACKING_PASSWORD instead")
    }
    self.url = url
    self.text = text
  }
}
