import Synchronization

/// Numbers about the server's work, for Prometheus.
final class ServerMetrics: Sendable {
  private struct Request: Hashable {
    let route: String
    let code: Int
  }

  private struct Counts {
    var requests: [Request: Int] = [:]
    var durations: [String: Histogram] = [:]
    var inference: [String: Histogram] = [:]
    var refusals: [Problem.Reason: Int] = [:]
  }

  private let counts = Mutex(Counts())

  /// - Parameter route: The address as the route writes it, so that clients cannot make new names.
  func countRequest(route: String, status: Int, seconds: Double) {
    counts.withLock {
      $0.requests[Request(route: route, code: status), default: 0] += 1
      $0.durations[route, default: Histogram()].add(seconds)
    }
  }

  func countInference(model: String, seconds: Double) {
    counts.withLock { $0.inference[model, default: Histogram()].add(seconds) }
  }

  func countRefusal(_ reason: Problem.Reason) { counts.withLock { $0.refusals[reason, default: 0] += 1 } }

  /// The text format of Prometheus, version 0.0.4.
  func text(admitted: Int, load: (waiting: Int, running: Int), contexts: Int) -> String {
    let counts = counts.withLock { $0 }
    var lines: [String] = []
    func family(_ name: String, _ type: String, _ help: String, _ samples: [String]) {
      lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"] + samples
    }
    family(
      "rtseg_requests_total", "counter", "Requests that were answered.",
      counts.requests.map { "rtseg_requests_total{route=\"\($0.key.route)\",code=\"\($0.key.code)\"} \($0.value)" }
        .sorted())
    family(
      "rtseg_request_duration_seconds", "histogram", "Time from a request's head to its answer.",
      counts.durations.sorted { $0.key < $1.key }.flatMap {
        $0.value.lines("rtseg_request_duration_seconds", "route=\"\($0.key)\"")
      })
    family(
      "rtseg_inference_duration_seconds", "histogram", "Time that a network took for a request.",
      counts.inference.sorted { $0.key < $1.key }.flatMap {
        $0.value.lines("rtseg_inference_duration_seconds", "model=\"\($0.key)\"")
      })
    family(
      "rtseg_refused_total", "counter", "Requests that were refused, by the reason.",
      Problem.Reason.allCases.map { "rtseg_refused_total{reason=\"\($0.rawValue)\"} \(counts.refusals[$0] ?? 0)" })
    family(
      "rtseg_requests_in_progress", "gauge", "Requests to label images that have begun and have no answer yet.",
      ["rtseg_requests_in_progress \(admitted)"])
    family("rtseg_queue_length", "gauge", "Requests that wait for a context.", ["rtseg_queue_length \(load.waiting)"])
    family("rtseg_contexts", "gauge", "Contexts that label images.", ["rtseg_contexts \(contexts)"])
    family("rtseg_contexts_in_use", "gauge", "Contexts that are at work.", ["rtseg_contexts_in_use \(load.running)"])
    return lines.joined(separator: "\n") + "\n"
  }
}
