import Basics
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Talks to an MLflow server through its REST interface. Each call waits for its answer, for a limited time.
struct MLflowClient: Sendable {
  let address: MLflowAddress
  let credentials: MLflowCredentials
  var timeout = 10.0

  /// Sends a GET request with one parameter and decodes the answer.
  func get<Answer: Decodable>(_ path: String, _ name: String, _ value: String) throws(MLflowError) -> Answer {
    let letters = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
    let value = value.addingPercentEncoding(withAllowedCharacters: letters) ?? ""
    return try decoded(send("GET", url("api/2.0/mlflow/\(path)", query: "\(name)=\(value)")))
  }

  /// Sends a POST request and decodes the answer.
  func post<Answer: Decodable>(_ path: String, _ body: some Encodable) throws(MLflowError) -> Answer {
    let encoder = JSONEncoder.snakeCase()
    // The server itself writes such numbers in this way.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    let data: Data
    do { data = try encoder.encode(body) } catch { preconditionFailure("a request is always encodable: \(error)") }
    return try decoded(send("POST", url("api/2.0/mlflow/\(path)"), data, type: "application/json"))
  }

  /// Uploads a file to the server's own file store.
  func put(_ path: String, _ content: Data) throws(MLflowError) {
    _ = try send(
      "PUT", url("api/2.0/mlflow-artifacts/artifacts/\(path)"), content, type: "application/octet-stream")
  }

  private func url(_ path: String, query: String? = nil) -> URL {
    var parts = URLComponents(url: address.url.appending(path: path), resolvingAgainstBaseURL: false)
    parts?.percentEncodedQuery = query
    return parts?.url ?? address.url
  }

  private func send(
    _ method: String, _ url: URL, _ body: Data? = nil, type: String? = nil
  ) throws(MLflowError) -> Data {
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body
    request.setValue("rtseg", forHTTPHeaderField: "User-Agent")
    if let type { request.setValue(type, forHTTPHeaderField: "Content-Type") }
    if let header = credentials.header { request.setValue(header, forHTTPHeaderField: "Authorization") }
    let answer: HTTPExchange.Answer
    do { answer = try HTTPExchange.answer(to: request, within: timeout) } catch {
      throw .unreachable(error.reason)
    }
    switch answer.status {
    case 200..<300: return answer.body
    case 429, 500...: throw .unreachable("HTTP \(answer.status) \(reason(answer.body))")
    case let status: throw .refused(status: status, reason: reason(answer.body))
    }
  }

  private func reason(_ body: Data) -> String {
    struct Problem: Decodable {
      let message: String
    }
    // The message may continue with an SQL statement on the next line.
    let message = (try? JSONDecoder().decode(Problem.self, from: body))?.message
    return message?.split(separator: "\n").first.map(String.init) ?? "the answer is not one of MLflow's"
  }

  private func decoded<Answer: Decodable>(_ body: Data) throws(MLflowError) -> Answer {
    do { return try JSONDecoder.snakeCase().decode(Answer.self, from: body) } catch {
      throw .refused(status: 200, reason: "the answer is not one of MLflow's")
    }
  }
}
