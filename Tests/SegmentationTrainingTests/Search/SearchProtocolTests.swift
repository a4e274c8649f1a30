import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing

/// A process in Optuna's place that answers what it should not, or nothing.
@Suite struct SearchProtocolTests {
  /// What a search says in the end of a process that runs a script of the shell for Optuna.
  private func failure(_ script: String, patience: Duration = .seconds(600)) async throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-search-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appending(path: "python")
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    var base = TrainingOptions()
    base.data.root = folder.path
    _ = try SceneSynthesizer(size: ImageSize(height: 32, width: 32)).write(2, to: folder)
    let space = try SearchSpaceReader.read(
      yaml: """
        optimizer.kind: {type: categorical, choices: [sgd, adam]}
        optimizer.learning_rate: {type: float, low: 0.1, high: 1}
        """, name: "space.yaml")
    var python = OptunaPython(path: program.path)
    python.patience = patience
    let search = try HyperparameterSearch(
      options: SearchOptions(storage: StudyStorage("study.db"), output: folder.appending(path: "out").path), base: base,
      space: space, program: URL(filePath: "/bin/false"), python: python, say: { _ in }, progress: { _ in })
    do {
      _ = try await search.run()
      return ""
    } catch { return "\(error)" }
  }

  private let opened = #"read line; echo '{"study": "s", "version": "5.0.0"}'; read line; "#
  private let asked = #"echo '{"number": 0, "retried": null}'; read line; "#

  @Test func `answers that are none end the search in one line`() async throws {
    #expect(try await failure("read line; echo rubbish; read line").contains("unexpected answer: rubbish"))
    #expect(try await failure("read line; echo '{}'; read line").contains("unexpected answer: {}"))
    #expect(try await failure(opened + "echo '{\"number\": -1}'; read line").contains("unexpected answer"))
    for answer in [#"{"index": 7}"#, #"{"index": -1}"#, #"{"value": 1}"#, "{}", "[]", #"{"index": "0"}"#] {
      let text = try await failure(opened + asked + "echo '\(answer)'; read line")
      #expect(text.contains("unexpected answer"), "\(answer): \(text)")
    }
    for answer in [#"{"value": 7}"#, #"{"value": "x"}"#, #"{"value": null}"#, #"{"index": 0}"#] {
      let text = try await failure(opened + asked + "echo '{\"index\": 1}'; read line; echo '\(answer)'; read line")
      #expect(text.contains("unexpected answer"), "\(answer): \(text)")
    }
  }

  @Test func `a process that stays silent ends the search`() async throws {
    let text = try await failure("exec sleep 100000", patience: .milliseconds(200))
    #expect(text.contains("did not answer for") && text.contains("was ended"), "\(text)")
  }

  @Test func `what Optuna refuses is said in its words`() async throws {
    func refused(_ kind: String, _ text: String) async throws -> String {
      try await failure("read line; echo '{\"error\": \"\(text)\", \"kind\": \"\(kind)\"}'; read line")
    }
    #expect(try await refused("optuna", "is not installed").contains("optuna is not installed: run make setup-search"))
    #expect(try await refused("package", "torch").contains("--sampler gp"))
    #expect(try await refused("storage", "it is gone").contains("--storage sqlite:///study.db: the studies cannot be"))
    #expect(try await refused("differs", "rtseg_space").contains("begun with another space"))
    #expect(try await refused("differs", "rtseg_monitor").contains("begun with another score"))
  }

  @Test func `a trial without a search is refused`() throws {
    #expect(try SearchedTrial.current(environment: [:]) == nil)
    for path in ["", "relative", "/nowhere/socket", "/etc/hostname", "/" + String(repeating: "x", count: 200)] {
      let text = message { _ = try SearchedTrial.current(environment: ["RTSEG_TRIAL_SOCKET": path]) }
      #expect(text?.hasPrefix("RTSEG_TRIAL_SOCKET: expected the path of a socket") == true, "\(path)")
    }
  }

  @Test func `the python that was named must be there`() throws {
    let program = URL(filePath: "/nowhere/rtseg")
    func find(_ environment: [String: String]) throws -> String {
      try OptunaPython.find(environment: environment, program: program).path
    }
    #expect(try find(["RTSEG_PYTHON": "/bin/sh"]) == "/bin/sh")
    #expect(try find(["RTSEG_PYTHON": "sh", "PATH": "/nowhere:/bin"]) == "/bin/sh")
    for python in ["/nowhere/python", "/etc", "/etc/passwd", "no-such-python"] {
      let text = message { _ = try find(["RTSEG_PYTHON": python, "PATH": "/bin"]) }
      #expect(text?.hasPrefix("RTSEG_PYTHON: \(python) is not a program") == true, "\(text ?? "")")
    }
  }
}
