/// A height and a width: `3` means 3 by 3, `[1, 3]` 1 high and 3 wide.
public struct IntPair: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  public init(_ both: Int) { self.init(both, both) }
  public init(integerLiteral value: Int) { self.init(value) }
  public init(arrayLiteral elements: Int...) {
    precondition(elements.count == 2, "a pair has a height and a width")
    self.init(elements[0], elements[1])
  }

  var array: [Int] { [height, width] }

  public static func * (a: IntPair, b: Int) -> IntPair { IntPair(a.height * b, a.width * b) }
}
