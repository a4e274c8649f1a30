import Files

/// The reason why an MLflow server did not do what it was asked for.
enum MLflowError: Error, CustomStringConvertible {
  /// The server cannot be reached at the moment. The same request may succeed later.
  case unreachable(String)
  /// The server refused the request.
  case refused(status: Int, reason: String)

  /// Whether the server does not know the thing that was asked for.
  var isNotFound: Bool {
    if case .refused(404, _) = self { return true }
    return false
  }

  var description: String {
    switch self {
    case .unreachable(let reason): "it cannot be reached: \(reason.printable(limit: 300))"
    case .refused(401, _), .refused(403, _):
      "it refuses this user: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
    case .refused(let status, let reason): "it refuses: \(reason.printable(limit: 300)) (HTTP \(status))"
    }
  }
}
