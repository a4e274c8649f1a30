import Foundation

/// The credentials for an MLflow server, from the environment variables that MLflow's own client uses.
package struct MLflowCredentials: Sendable {
  /// The value of the header `Authorization`; `nil` without credentials.
  package let header: String?

  /// - Throws: `TrainingError` for a variable that cannot be part of a header.
  package init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    func value(_ name: String) throws -> String? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      guard value.utf8.count <= 4096, value.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
        throw TrainingError(
          "\(name): expected at most 4096 bytes without control characters; set it to such a value, or unset it")
      }
      return value
    }
    let user = try value("MLFLOW_TRACKING_USERNAME")
    let password = try value("MLFLOW_TRACKING_PASSWORD")
    let token = try value("MLFLOW_TRACKING_TOKEN")
    if let user, let password {
      header = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    } else {
      header = token.map { "Bearer \($0)" }
    }
  }
}
