/// A height and a width: `3` means 3 by 3, `[1, 3]` 1 high and 3 wide.
public struct IntPair: Sendable, Hashable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// The first number.
  public var height: Int
  /// The second number.
  public var width: Int

  /// Makes a pair, height first.
  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// Makes a pair of one number twice.
  public init(_ both: Int) { self.init(both, both) }
  /// Makes a pair of one number twice.
  public init(integerLiteral value: Int) { self.init(value) }
  /// Makes a pair of a list of two numbers, height first.
  public init(arrayLiteral elements: Int...) {
    precondition(elements.count == 2, "a pair has a height and a width")
    self.init(elements[0], elements[1])
  }

  var array: [Int] { [height, width] }

  /// Both numbers times one factor.
  public static func * (a: IntPair, b: Int) -> IntPair { IntPair(a.height * b, a.width * b) }
}
