import Basics
import SegmentationModels

extension Program {
  /// The operations of a network on images of one size.
  struct Plan {
    /// The size of images in pixels. The network's input may be larger: the rest, to the right and below, is zeros.
    let imageSize: ImageSize
    /// The map that holds the normalized image.
    let input: Int
    var tensors: [PlanTensor] = []
    /// Tensors that are filled once: each holds a weight's elements in memory order.
    var constants: [(tensor: Int, weight: Int)] = []
    var instructions: [Instruction] = []
    /// The map of class scores, [H, W, classes], at the size of the network's input.
    var scores: Int?
    /// The map of the best class of each pixel, [H, W, 1].
    var classes: Int?
  }

  /// A tensor that instructions read and write, described as it lies in memory.
  struct PlanTensor {
    /// The type of the elements.
    enum Element: UInt8 {
      /// Numbers of the type that the program's precision asks for.
      case number = 0
      /// Bytes that stand for numbers by a scale and a zero point.
      case quantized = 1
      /// Positions of the largest values, for unpooling.
      case positions = 2
      /// Classes as uint8.
      case classes = 3
    }

    var element: Element
    /// The dimensions in memory order: [height, width, channels] for a map.
    var dimensions: [Int]
    var quantization: Graph.Quantization?
    /// The wider map of which this tensor is a range of channels, and the first of them.
    var base: (tensor: Int, firstChannel: Int)?

    var count: Int { dimensions.reduce(1, *) }
    var channels: Int { dimensions.last! }
    var isMap: Bool { dimensions.count == 3 }
  }

  /// A call of a kernel.
  struct Instruction {
    /// The operator's name, which a profile shows.
    let name: String
    /// The path of the module that the operator comes from, which a profile shows.
    let module: String
    /// The number of products of a weight or matrix element with another value.
    var multiplyAccumulates = 0
    let kernel: Kernel
    var inputs: [Int]
    var outputs: [Int]
    /// Positions of inputs whose memory the output may take if nothing reads them later.
    var replaceable: [Int] = []
  }
}
