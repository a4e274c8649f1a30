/// The three maps by which a network is aligned with a SegFormer while it trains, or something of each of them, such as the
/// number of its channels.
///
/// This is the semantic information alignment of SCTNet's authors (2023, <https://arxiv.org/abs/2312.17071>).
public struct AlignmentMaps<Element> {
  /// The map that the decoder makes its scores of: SCTNet's at 1/8 of the image's size, SegFormer's at 1/4.
  public var joined: Element
  /// The map at 1/16 of the image's size.
  public var sixteenth: Element
  /// The map at 1/32 of the image's size.
  public var deepest: Element

  /// Puts the three together.
  public init(joined: Element, sixteenth: Element, deepest: Element) {
    self.joined = joined
    self.sixteenth = sixteenth
    self.deepest = deepest
  }
}
