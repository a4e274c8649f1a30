import Foundation
import Testing
import Torch

/// Collectives of several processes; each process is a thread here.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo")) struct ProcessGroupTests {
  @Test func everyReductionIsOverAllProcesses() throws {
    let results = try ranks(3) { group in
      let kinds: [ProcessGroup.Reduction] = [.sum, .mean, .maximum, .minimum]
      return try kinds.map { kind in
        let tensor = Tensor([Float(group.rank), 10 - Float(group.rank)])
        try group.allReduce([tensor], kind)
        return tensor.elements(Float.self)
      }
    }
    for result in results { #expect(try result.get() == [[3, 27], [1, 9], [2, 10], [0, 8]]) }
  }

  @Test(arguments: DType.allCases.filter { $0 != .bool }) func everyTypeIsSummed(dtype: DType) throws {
    let results = try ranks(2) { group in
      let tensor = Tensor([Float(group.rank + 1), 20, 0]).to(dtype: dtype)
      try group.allReduce([tensor], .sum)
      return tensor.elements(Double.self)
    }
    for result in results { #expect(try result.get() == [3, 40, 0]) }
  }

  @Test func tensorsOfSeveralTypesAndLayoutsGoInOneCall() throws {
    let results = try ranks(2) { group in
      let scale = Double(group.rank + 1)
      let image = (Tensor.range(24, dtype: .float32).reshape([1, 2, 3, 4]) * scale).contiguous(.channelsLast)
      let slice = Tensor.ones([4, 2]).slice(0..<1, dimension: 1)
      let counts = Tensor([group.rank, 5])
      let none = Tensor.zeros([0])
      try group.allReduce([image, counts, slice, none], .sum)
      return [image, counts, slice].map { $0.elements(Double.self) }
    }
    for result in results {
      #expect(try result.get() == [(0..<24).map { Double($0) * 3 }, [1, 10], [2, 2, 2, 2]])
    }
  }

  @Test func aBroadcastComesFromItsRoot() throws {
    let results = try ranks(3) { group in
      let weight = Tensor([Float(group.rank), 1])
      let count = Tensor([group.rank * 7])
      try group.broadcast([weight, count], from: 2)
      return weight.elements(Double.self) + count.elements(Double.self)
    }
    for result in results { #expect(try result.get() == [2, 1, 14]) }
  }

  @Test func bytesOfAnyLengthsAreGathered() throws {
    let results = try ranks(3) { group in
      let own = [[UInt8](), Array("a longer text".utf8), [7]]
      return [try group.allGather(own[group.rank]), try group.allGather([])]
    }
    for result in results { #expect(try result.get() == [[[], Array("a longer text".utf8), [7]], [[], [], []]]) }
  }

  @Test func sumsInDoublePrecisionKeepSmallParts() throws {
    let results = try ranks(2) { group in
      try group.barrier()
      return try group.sum([group.rank == 0 ? 1e9 : 0.25, 1])
    }
    for result in results { #expect(try result.get() == [1_000_000_000.25, 2]) }
  }

  @Test func aSumForALossLeavesItsArgumentAlone() throws {
    let results = try ranks(2) { group in
      let own = Tensor([Float(group.rank + 1)])
      let sum = group.sumForLoss(own)
      return own.elements(Float.self) + sum.elements(Float.self)
    }
    #expect(try results.map { try $0.get() } == [[1, 3], [2, 3]])
  }

  @Test func oneProcessIsAGroup() throws {
    let results = try ranks(1) { group in
      let tensor = Tensor([3] as [Float])
      try group.allReduce([tensor], .mean)
      try group.barrier()
      return tensor.item
    }
    #expect(try results[0].get() == 3)
  }
}
