import Foundation
import SegmentationInference
import Torch

// Resizing, and channels that become pixels.
extension GraphImporter {
  mutating func resize(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    // Version 10 has no region of interest.
    let scalesAt = node.version < 11 ? 1 : 2
    var scales = try node.numbers(input: scalesAt).flatMap { $0.isEmpty ? nil : $0 }
    var sizes = try node.version < 11 ? nil : node.integers(input: 3).flatMap { $0.isEmpty ? nil : $0 }
    if let axes = try node.ints("axes") {
      let places = try axes.map { try ImportedNode.axis($0, rank: x.rank) }
      func spread<Number>(_ list: [Number]?, _ standard: [Number]) throws -> [Number]? {
        guard let list else { return nil }
        guard list.count == places.count else { throw NodeError.invalid("it has \(list.count) sizes for \(places) ") }
        var result = standard
        for (place, number) in zip(places, list) { result[place] = number }
        return result
      }
      scales = try spread(scales, [Double](repeating: 1, count: x.rank))
      sizes = try spread(sizes, x.shape)
    }
    _ = try node.text("keep_aspect_ratio_policy", or: "stretch", among: ["stretch"])
    return try resize(x, scales: scales, sizes: sizes, node)
  }

  /// The resizing of versions before 10.
  mutating func upsample(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    return try resize(x, scales: try node.numbers(input: 1) ?? node.floats("scales"), sizes: nil, node)
  }

  private mutating func resize(
    _ x: ImportedValue, scales: [Double]?, sizes: [Int]?, _ node: ImportedNode
  ) throws -> ImportedValue {
    guard x.rank == 4 else { throw NodeError.unsupported(x.description) }
    let target: [Int]
    if let sizes, sizes.count == 4 {
      target = sizes
    } else if let scales, scales.count == 4, scales.allSatisfy({ (1e-4...1e4).contains($0) }) {
      // Versions of float32 numbers such as 2.0000002 must not lose a pixel.
      target = zip(x.shape, scales).map { Int((Double($0) * $1 + 1e-6).rounded(.down)) }
    } else {
      throw NodeError.invalid("it has neither four sizes nor four scales")
    }
    guard target[..<2] == x.shape[..<2], target.allSatisfy((1...1 << 20).contains) else {
      throw NodeError.unsupported("resizing \(x.shape) to \(target)")
    }
    let kind = try Interpolation(node)
    let axes = (0..<2).map { axis in
      ResizedAxis(
        length: x.shape[axis + 2], result: target[axis + 2],
        scale: sizes == nil ? scales.map { $0[axis + 2] } : nil, kind)
    }
    let size = Argument.ints(Array(target[2...]))
    if axes.allSatisfy(\.isIdentity) { return x }
    if kind.mode == .nearest, axes.allSatisfy({ $0.isLibtorchNearest }) {
      return try call(
        "upsample_nearest2d", overload: "vec", ["input": .tensor(x), "output_size": size, "scale_factors": .none])
    }
    if let alignCorners = axes[0].libtorchBilinear,
      axes.allSatisfy({ $0.libtorchBilinear == alignCorners || $0.isIdentity })
    {
      return try call(
        "upsample_bilinear2d", overload: "vec",
        ["input": .tensor(x), "output_size": size, "align_corners": .bool(alignCorners), "scale_factors": .none])
    }
    // All other resizings are linear along each axis.
    return try zip([2, 3], axes).reduce(x) { x, pair in
      let (axis, resized) = pair
      guard !resized.isIdentity else { return x }
      guard resized.result * resized.length <= ImportLimits.matrixElements else {
        throw NodeError.unsupported("resizing \(resized.length) to \(resized.result) in this mode")
      }
      return try transform(x, axis: axis, matrix: resized.matrix, rows: resized.result)
    }
  }

  mutating func depthToSpace(_ node: ImportedNode) throws -> ImportedValue {
    var x = try node.input(0)
    guard let factor = try node.int("blocksize"), (1...64).contains(factor), x.rank == 4,
      x.shape[1].isMultiple(of: factor * factor)
    else { throw NodeError.invalid("its blocksize does not fit \(x.description)") }
    if try node.text("mode", or: "DCR", among: ["DCR", "CRD"]) == "DCR" {
      let (channels, shape) = (x.shape[1] / (factor * factor), x.shape)
      let grouped = try reshape(x, [shape[0], factor * factor, channels, shape[2], shape[3]])
      x = try reshape(try permute(grouped, [0, 2, 1, 3, 4]), shape)
    }
    return try call("pixel_shuffle", ["self": .tensor(x), "upscale_factor": .int(factor)])
  }

  mutating func spaceToDepth(_ node: ImportedNode) throws -> ImportedValue {
    let x = try node.input(0)
    guard let factor = try node.int("blocksize"), (1...64).contains(factor), x.rank == 4,
      x.shape[2].isMultiple(of: factor), x.shape[3].isMultiple(of: factor)
    else { throw NodeError.invalid("its blocksize does not fit \(x.description)") }
    let (count, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2] / factor, x.shape[3] / factor)
    let blocks = try reshape(x, [count, channels, height, factor, width, factor])
    return try reshape(
      try permute(blocks, [0, 3, 5, 1, 2, 4]), [count, channels * factor * factor, height, width])
  }
}
