import Basics
import Synchronization
import Testing

@Suite struct ParallelTests {
  struct Failure: Error, Equatable { let number: Int }

  @Test(arguments: [1, 2, 7]) func `results are added in the order of their numbers`(threads: Int) throws {
    let list = try Parallel.reduce(1000, into: [Int](), threads: threads, window: 5) { number, _ in
      // Neighbours take unequal times.
      var rest = number * 7919 % 300
      while rest > 0 { rest -= 1 }
      return number + rest
    } add: {
      #expect($1 == $2)
      $0.append($2)
    }
    #expect(list == Array(0..<1000))
    let nothing = try Parallel.reduce(0, into: 5, threads: threads) { number, _ in
      number
    } add: {
      $0 += $2
    }
    #expect(nothing == 5)
  }

  @Test(arguments: [1, 4]) func `few results wait for those before them`(threads: Int) throws {
    let begun = Atomic(0)
    let added = Atomic(0)
    let most = Mutex(0)
    _ = try Parallel.reduce(500, into: 0, threads: threads, window: 8) { number, _ in
      let ahead = begun.add(1, ordering: .relaxed).newValue - added.load(ordering: .relaxed)
      most.withLock { $0 = max($0, ahead) }
      return number
    } add: { _, _, _ in
      added.add(1, ordering: .relaxed)
    }
    #expect(most.withLock { $0 } <= 8 + threads)
  }

  @Test(arguments: [1, 3]) func `the error of the lowest number ends the loop`(threads: Int) {
    let error = #expect(throws: Failure.self) {
      _ = try Parallel.reduce(100, into: 0, threads: threads) { number, _ in
        if number % 10 == 7 { throw Failure(number: number) }
        return number
      } add: {
        $0 += $2
      }
    }
    #expect(error == Failure(number: 7))
  }
}
