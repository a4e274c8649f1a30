import Foundation
import TestSupport
import Testing
import Torch

/// Processes that do not come, go away, stop or do something else: an error in one line, within the time-out.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo"))
struct ProcessGroupFailureTests {
  func meet(
    rank: Int = 0, size: Int = 2, address: String = "127.0.0.1", port: Int, serves: Bool = false,
    backend: ProcessGroup.Backend = .gloo, device: Device = .cpu, timeout: Duration = .milliseconds(500)
  ) -> String? {
    message {
      _ = try ProcessGroup(
        rank: rank, size: size, address: address, port: port, serves: serves, backend: backend, device: device,
        timeout: timeout)
    }
  }

  @Test func optionsAreCheckedFirst() {
    #expect(
      meet(rank: 2, port: 29500) == "rank 2: the rank must be 0 to 1, since there are 2 processes")
    #expect(meet(rank: -1, port: 29500) == "rank -1: the rank must be 0 to 1, since there are 2 processes")
    #expect(meet(size: 0, port: 29500) == "rank 0: the number of processes must be 1 to 65536, not 0")
    #expect(meet(port: 70000) == "rank 0: the port must be 1 to 65535, not 70000")
    #expect(meet(address: "", port: 29500) == "rank 0: the address is empty")
    #expect(meet(port: 29500, timeout: .zero)?.contains("the time-out must be more than nothing") == true)
    #expect(meet(port: 29500, timeout: .seconds(1 << 60))?.contains("the time-out must be more than nothing") == true)
    #expect(meet(port: 29500, backend: .gloo, device: .cuda()) == "rank 0: gloo is for processes on CPUs, not on cuda")
    #expect(
      meet(port: 29500, backend: .nccl) == "rank 0: NCCL is for processes on NVIDIA GPUs, not on cpu")
  }

  @Test func aPortInUseIsNamed() throws {
    let server = try RendezvousServer()
    #expect(
      meet(port: server.port, serves: true)
        == "rank 0: port \(server.port) of this machine is in use by another program; take another port")
    #expect(
      message { _ = try RendezvousServer(port: server.port) }
        == "port \(server.port) of this machine is in use by another program; take another port")
  }

  @Test func nobodyAtThePortIsSaid() throws {
    let port = try RendezvousServer().port  // free again
    #expect(
      meet(rank: 1, port: port)
        == "rank 1: nobody answers at 127.0.0.1:\(port) within 0.5 s; rank 0 must run there, and the network must let "
        + "this machine reach it")
    #expect(
      meet(rank: 1, address: "no-such-host.invalid", port: port)?.contains("nobody answers at no-such-host.invalid")
        == true)
  }

  @Test func aServerOfAnotherKindDoesNotHoldAnyoneUp() throws {
    let server = LoopbackServer([:])
    #expect(meet(rank: 1, port: server.port)?.contains("nobody answers at 127.0.0.1:\(server.port)") == true)
  }

  @Test func theMissingAreNamed() throws {
    let server = try RendezvousServer()
    let port = server.port
    let results = threads(2) { rank in
      _ = try ProcessGroup(
        rank: rank, size: 4, address: "127.0.0.1", port: port, serves: false, timeout: .seconds(5))
    }
    for result in results {
      #expect(result.message?.contains("2 of 4 processes came within 5 s; missing: ranks 2, 3") == true)
    }
  }

  @Test func worldsOfDifferentSizesAreRefusedByBoth() throws {
    let server = try RendezvousServer()
    let port = server.port
    let results = threads(2) { rank in
      _ = try ProcessGroup(
        rank: rank, size: 2 + rank, address: "127.0.0.1", port: port, serves: false, timeout: .seconds(120))
    }
    for result in results {
      #expect(result.message?.contains("this process expects") == true, "\(result.message ?? "")")
    }
  }

  @Test func twoProcessesOfOneRankAreRefused() throws {
    let server = try RendezvousServer()
    let port = server.port
    let results = threads(2) { _ in
      _ = try ProcessGroup(rank: 1, size: 2, address: "127.0.0.1", port: port, serves: false, timeout: .seconds(120))
    }
    for result in results {
      #expect(result.message?.contains("another process has rank 1, too") == true, "\(result.message ?? "")")
    }
  }

  @Test func aLaterAttemptMeetsAnewAtTheSameServer() throws {
    let server = try RendezvousServer()
    let port = server.port
    for attempt in 0..<2 {
      let results = threads(2) { rank in
        try ProcessGroup(
          rank: rank, size: 2, address: "127.0.0.1", port: port, serves: false, timeout: .seconds(120),
          attempt: attempt
        ).sum([1])
      }
      for result in results { #expect(try result.get() == [2]) }
    }
  }

  @Test func aProcessThatGoesAwayEndsTheGroup() throws {
    let results = try ranks(3) { group -> [String?] in
      try group.barrier()
      if group.rank == 1 { return [] }
      return (0..<2).map { _ in message { _ = try group.sum([1]) } }
    }
    for rank in [0, 2] {
      let messages = try results[rank].get()
      #expect(
        messages[0]?.hasPrefix("rank \(rank): all-reduce: another process cannot be reached any more") == true)
      #expect(messages[1] == messages[0])
    }
  }

  @Test func ofTwoTheOtherIsNamed() throws {
    let results = try ranks(2) { group in
      if group.rank == 0 { _ = try group.sum([1]) }
    }
    #expect(results[0].message?.hasPrefix("rank 0: all-reduce: rank 1 cannot be reached any more (connection") == true)
  }

  @Test func aProcessThatDoesNotAnswerIsAnErrorAfterTheTimeOut() throws {
    let waiting = DispatchSemaphore(value: 0)
    let results = try ranks(2, timeout: .seconds(3)) { group in
      if group.rank == 1 { return waiting.wait() }
      defer { waiting.signal() }
      try group.barrier()
    }
    #expect(
      results[0].message
        == "rank 0: barrier: rank 1 has not answered within the time-out; it has stopped, hangs or is much slower")
  }

  @Test func givingUpEndsWhatWaits() throws {
    let results = try ranks(2) { group in
      if group.rank == 0 {
        Thread.detachNewThread { group.abort(reason: "the disk is full") }
        let message = message { while true { try group.barrier() } }
        return [message, group.failure?.description]
      }
      return [message { while true { try group.barrier() } }]
    }
    #expect(try results[0].get() == ["rank 0: the disk is full", "rank 0: the disk is full"])
    #expect(try results[1].get()[0]?.contains("rank 0 cannot be reached any more") == true)
  }

  @Test func notesOutliveTheGroupAndTheFirstOneStays() throws {
    let server = try RendezvousServer()
    let port = server.port
    let results = threads(3) { rank in
      let group = try ProcessGroup(
        rank: rank, size: 3, address: "127.0.0.1", port: port, serves: false, timeout: .seconds(120))
      try group.barrier()
      if rank == 2 {
        #expect(group.leave("first", key: "why") && group.leave("second", key: "why"))
        group.abort()
      }
      #expect(message { try group.barrier() } != nil)
      return [group.note(key: "why"), group.note(key: "what")]
    }
    for result in results { #expect(try result.get() == ["first", nil]) }
  }

  @Test func differentSizesAreRefused() throws {
    let results = try ranks(2) { try $0.allReduce([.ones([2 + $0.rank])], .sum) }
    #expect(results[0].message == "rank 0: all-reduce: rank 1 gives 3 values, this process 2")
  }

  @Test func differentTypesReductionsSendersAndOperationsAreRefused() throws {
    let types = try ranks(2) { try $0.allReduce([.ones([2], dtype: $0.rank == 0 ? .float32 : .float64)], .sum) }
    #expect(
      types[0].message == "rank 0: all-reduce: rank 1 gives 2 values, this process 2, in other types or tensors")
    let reductions = try ranks(2) { try $0.allReduce([.ones([2])], $0.rank == 0 ? .sum : .mean) }
    #expect(reductions[1].message?.contains("rank 0 asks for another reduction") == true)
    let senders = try ranks(2) { try $0.broadcast([.ones([2])], from: $0.rank) }
    #expect(senders[0].message?.contains("rank 1 expects another sender") == true)
    let operations = try ranks(2) { group in
      if group.rank == 0 { try group.barrier() } else { _ = try group.allGather([1]) }
    }
    #expect(operations[0].message == "rank 0: barrier: rank 1 does something else (all-gather)")
  }

  @Test func meansOfIntegersAndUnknownSendersAreRefused() throws {
    let results = try ranks(1) { group in
      [
        message { try group.allReduce([.ones([2], dtype: .int64)], .mean) },
        message { try group.broadcast([.ones([2])], from: 1) },
      ]
    }
    #expect(
      try results[0].get() == [
        "rank 0: all-reduce: the mean of Long values", "rank 0: broadcast: there is no rank 1",
      ])
  }

  @Test(.enabled(if: !ProcessGroup.backends.contains(.nccl))) func withoutNCCLOneLineSaysSo() {
    #expect(
      meet(port: 29500, backend: .nccl, device: .cuda())?.hasPrefix("rank 0: this libtorch has no NCCL") == true)
  }
}
