import SegmentationData
import SegmentationImage

/// Pictures of a disk and a square on a noisy background, drawn when they are asked for.
public struct ShapeScenes: SegmentationDataset {
  /// The name in messages and in the files of a run.
  public let name = "shapes"
  /// The classes; a label is a place in this list.
  public let classes = [
    ClassInfo("background", RGB(40, 40, 40)), ClassInfo("disk", RGB(230, 80, 60)),
    ClassInfo("square", RGB(70, 120, 230)),
  ]
  private let size = ImageSize(height: 64, width: 96)

  /// Makes the data set; nothing is drawn yet.
  public init() {}

  /// The number of pictures of a split.
  public func count(of split: Split) -> Int {
    switch split {
    case .train: 48
    case .val: 8
    case .test: 0
    }
  }

  /// The size is known without a drawing.
  public func size(of index: Int, in split: Split) -> ImageSize { size }

  /// A picture with the class of each of its pixels.
  public func sample(_ index: Int, of split: Split) -> LabelledImage {
    // Equal for the same sample, however often it is drawn.
    var random = Noise(state: UInt64(index) * 2 + (split == .val ? 1 : 0))
    var image = Image(height: size.height, width: size.width)
    var labels = Mask(height: size.height, width: size.width)
    let radius = 10 + random.next(8)
    let disk = (x: radius + random.next(40), y: radius + random.next(64 - 2 * radius))
    let side = 16 + random.next(16)
    let square = (x: 56 + random.next(40 - side), y: random.next(64 - side))
    for y in 0..<size.height {
      for x in 0..<size.width {
        let (dx, dy) = (x - disk.x, y - disk.y)
        if dx * dx + dy * dy <= radius * radius { labels[x, y] = 1 }
        if (square.x..<square.x + side).contains(x), (square.y..<square.y + side).contains(y) { labels[x, y] = 2 }
        let color = classes[Int(labels[x, y])].color
        let noise = random.next(25)
        image[x, y] = RGB(color.red + UInt8(noise), color.green + UInt8(noise), color.blue + UInt8(noise))
      }
    }
    return LabelledImage(image: image, labels: labels)
  }
}

/// Numbers that look random and are the same everywhere (SplitMix64).
private struct Noise {
  var state: UInt64

  /// A number from 0 up to `limit`, which is left out.
  mutating func next(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}
