import Foundation
import TestSupport
import Testing
import Torch

/// Processes that another launcher starts, or that do not fit together.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo")) struct ProcessEnvironmentTests {
  let runs: ProcessRuns

  init() throws { runs = try ProcessRuns() }

  /// Starts one process for each list of flags, by hand, and waits for all.
  private func start(
    _ flags: [[String]], sizes: [Int] = [2], port: Int? = nil
  ) throws -> [Program.Result] {
    // No program is likely to listen there: the port of a server that is gone.
    let port = try port ?? RendezvousServer().port
    let processes = try flags.enumerated().map { rank, flags in
      let errors = runs.folder.appending(path: "errors-\(rank)-\(UUID().uuidString)")
      try Data().write(to: errors)
      let process = try Program.start(
        flags,
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "\(sizes[rank % sizes.count])",
          "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        ], errors: FileHandle(forWritingTo: errors))
      return (process, errors)
    }
    return try processes.map { process, errors in
      process.waitUntilExit()
      return .init(
        status: process.terminationStatus, output: "", errors: try String(contentsOf: errors, encoding: .utf8))
    }
  }

  private func expectRefusal(_ results: [Program.Result], _ problem: String) {
    for result in results {
      #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
      #expect(result.errors.contains(problem), "\(result.errors)")
    }
  }

  @Test(arguments: [
    (["RANK": "0"], "the environment has no WORLD_SIZE"),
    (["WORLD_SIZE": "2"], "the environment has no RANK"),
    (["RANK": "0", "WORLD_SIZE": "0"], "WORLD_SIZE: expected a whole number, 1 to 65536, found '0'"),
    (["RANK": "2", "WORLD_SIZE": "2"], "RANK: expected the number of a process, 0 to 1, found '2'"),
    (["RANK": "0", "WORLD_SIZE": "2"], "the environment has no MASTER_ADDR"),
    (
      ["RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "70000"],
      "MASTER_PORT: expected a port, 1 to 65535, found '70000'"
    ),
  ])
  func `an environment that cannot be is refused`(environment: [String: String], problem: String) throws {
    let result = try Program.run(runs.arguments("run"), environment: environment)
    expectRefusal([result], problem)
    #expect(!FileManager.default.fileExists(atPath: runs.path("run")))
  }

  @Test func `workers start no workers, and a batch has a part for each`() throws {
    let environment = ["RANK": "0", "WORLD_SIZE": "1"]
    let nested = try Program.run(runs.arguments("run", ["--processes", "2"]), environment: environment)
    expectRefusal([nested], "--processes 2 starts processes, but the environment says")
    let odd = try Program.run(runs.arguments("run", ["--processes", "3"]))
    expectRefusal([odd], "batch_size: expected a multiple of 3, since as many processes share each batch, found 4")
    #expect(!FileManager.default.fileExists(atPath: runs.path("run/last.pth")))
    // A world of one is a run like any.
    #expect(try Program.run(runs.arguments("run", ["--epochs", "1"]), environment: environment).status == 0)
  }

  @Test func `processes with other options or data are refused`() throws {
    let short = ["--process-timeout", "60"]
    expectRefusal(
      try start([runs.arguments("a", short + ["--lr", "0.01"]), runs.arguments("a", short + ["--lr", "0.02"])]),
      "optimizer.learning_rate: rank 0 (on")
    let other = try Program.run(
      "data", "synthesize", "--output", runs.path("other"), "--count", "10", "--size", "64x96")
    #expect(other.status == 0)
    expectRefusal(
      try start([runs.arguments("b", short), runs.arguments("b", short + ["--data-root", runs.path("other")])]),
      "data.root: rank 1 (on")
    #expect(!FileManager.default.fileExists(atPath: runs.path("a")))
  }

  @Test func `processes that do not find each other end after the time-out`() throws {
    let results = try start([runs.arguments("run", ["--process-timeout", "3"])])
    #expect(results[0].status == 1 && results[0].errorLines.count == 1, "\(results[0].errors)")
    let worker = try Program.run(
      runs.arguments("run", ["--process-timeout", "3"]),
      environment: [
        "RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(RendezvousServer().port)",
      ])
    #expect(worker.status == 1 && worker.errorLines.count == 1, "\(worker.errors)")
  }

  @Test func `processes that count each other differently are refused`() throws {
    let flags = runs.arguments("run", ["--process-timeout", "20"])
    for result in try start([flags, flags], sizes: [2, 3]) {
      #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: runs.path("run")))
  }

  @Test func `a port that is in use is refused`() throws {
    let server = try RendezvousServer()
    let results = try start([runs.arguments("run", ["--process-timeout", "20"])], port: server.port)
    withExtendedLifetime(server) {}
    #expect(results[0].status == 1 && results[0].errorLines.count == 1, "\(results[0].errors)")
    #expect(results[0].errors.contains("\(server.port)"), "\(results[0].errors)")
  }

  /// torchrun of the environment, or of `scripts/setup-torchrun`.
  static let torchrun: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    return (folders + [FileManager.default.currentDirectoryPath + "/.torchrun/bin"]).map { $0 + "/torchrun" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  @Test(.enabled(if: torchrun != nil, "there is no torchrun: scripts/setup-torchrun installs one"))
  func `torchrun starts the processes`() throws {
    let command = (runs.arguments("run", ProcessRuns.constantRate + ProcessEqualityTests.frozen)).map { "'\($0)'" }
      .joined(separator: " ")
    let result = try Program.shell(
      "'\(Self.torchrun!)' --standalone --nproc-per-node 2 --no-python \"$RTSEG\" \(command)")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("2 processes (gloo)"), "\(result.errors)")
    try runs.run(runs.arguments("one", ProcessRuns.constantRate + ProcessEqualityTests.frozen))
    try runs.makeStart()
    let difference = try runs.difference("one", "run")
    #expect(difference < 1e-3, "\(difference)")
  }

  /// Whether this machine lets the tests make hosts of their own.
  static let makesHosts: Bool = {
    let probe = "rtseg-probe-\(getpid())"
    let result = try? Program.shell("ip netns add \(probe) 2>/dev/null && ip netns del \(probe)")
    return result?.status == 0
  }()

  @Test(.enabled(if: makesHosts, "needs root and ip: two hosts are two network namespaces"))
  func `two hosts train together`() throws {
    let (a, b) = ("rtsega\(getpid())", "rtsegb\(getpid())")
    let command = runs.arguments("run", ProcessRuns.constantRate + ProcessEqualityTests.frozen).map { "'\($0)'" }
      .joined(separator: " ")
    let result = try Program.shell(
      """
      set -e
      end() { ip netns del \(a) 2>/dev/null; ip netns del \(b) 2>/dev/null; true; }
      trap end EXIT
      ip netns add \(a); ip netns add \(b)
      ip link add v0 netns \(a) type veth peer name v0 netns \(b)
      ip -n \(a) addr add 10.77.0.1/24 dev v0; ip -n \(b) addr add 10.77.0.2/24 dev v0
      for n in \(a) \(b); do ip -n $n link set lo up; ip -n $n link set v0 up; done
      export WORLD_SIZE=2 MASTER_ADDR=10.77.0.1 MASTER_PORT=29511 GLOO_SOCKET_IFNAME=v0
      RANK=1 ip netns exec \(b) "$RTSEG" \(command) & other=$!
      RANK=0 ip netns exec \(a) "$RTSEG" \(command)
      wait $other
      """)
    #expect(result.status == 0, "\(result.errors)")
    try runs.run(runs.arguments("one", ProcessRuns.constantRate + ProcessEqualityTests.frozen))
    try runs.makeStart()
    let difference = try runs.difference("one", "run")
    #expect(difference < 1e-3, "\(difference)")
  }
}
