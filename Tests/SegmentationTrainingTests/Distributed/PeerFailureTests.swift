import Foundation
import SegmentationTraining
import Synchronization
import Testing
import Torch

/// What the other processes learn of one that fails.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo")) struct PeerFailureTests {
  /// Lets three processes meet, each on a thread, lets one of them end, and gives what the others say.
  private func causes(_ failing: Int, ending end: @escaping @Sendable (TrainingWorld) -> Void) throws -> [String] {
    let server = try RendezvousServer()
    defer { withExtendedLifetime(server) {} }
    let port = server.port
    let causes = Mutex<[Int: String]>([:])
    let done = DispatchGroup()
    for rank in 0..<3 {
      done.enter()
      Thread.detachNewThread {
        defer { done.leave() }
        do {
          let environment = try #require(
            try WorkerEnvironment.find(in: [
              "RANK": "\(rank)", "WORLD_SIZE": "3", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
              "TORCHELASTIC_USE_AGENT_STORE": "True",
            ]))
          let world = try TrainingWorld(environment, device: "cpu", timeout: .seconds(300))
          _ = try world.gather(rank)
          if rank == failing { return end(world) }
          do { _ = try world.gather(rank) } catch {
            let cause = world.cause(of: error)
            causes.withLock { $0[rank] = cause }
          }
        } catch { causes.withLock { $0[rank] = "\(error)" } }
      }
    }
    done.wait()
    return causes.withLock { causes in causes.keys.sorted().map { causes[$0]! } }
  }

  @Test func `the others tell why one of three has failed`() throws {
    let causes = try causes(2) { $0.tellOthers(of: TrainingError("the disk is full")) }
    #expect(causes == ["rank 2: the disk is full", "rank 2: the disk is full"])
  }

  @Test func `the others name the one of three that has gone without a word`() throws {
    let causes = try causes(1) { _ in }
    #expect(causes.count == 2)
    for cause in causes { #expect(cause.contains("rank 1 cannot be reached any more"), "\(cause)") }
  }
}
