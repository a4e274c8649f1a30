import Dispatch
import Torch

/// The signed distances of pixels to the boundaries of classes.
enum BoundaryDistances {
  /// Computes the signed distance of each pixel of labels [N, H, W] to each class, in pixels, as float32 [N, classes,
  /// H, W] on the CPU. Outside a class it is the distance to the class's nearest pixel; inside it is 1 minus the
  /// distance to the nearest pixel of another class. It is 0 for pixels without a label and for classes and images
  /// without a boundary.
  static func maps(of labels: Tensor, classes: Int) -> Tensor {
    let ids = labels.elements(UInt8.self)
    let (images, size) = (labels.size(0), labels.spatialSize)
    let area = size.height * size.width
    let maps = Tensor.zeros([images, classes, size.height, size.width], device: .cpu)
    let shown = (0..<images).map { image in
      let present = Set(ids[image * area..<(image + 1) * area])
      let shown = (0..<classes).filter { present.contains(UInt8($0)) }
      return shown.count > 1 ? shown : []
    }
    let jobs = shown.enumerated().flatMap { image, classes in classes.map { (image: image, class: $0) } }
    maps.withUnsafeMutableBytes { bytes in
      nonisolated(unsafe) let maps = bytes.bindMemory(to: Float.self).baseAddress!
      ids.withUnsafeBufferPointer { buffer in
        nonisolated(unsafe) let ids = buffer.baseAddress!
        forEach(jobs.count) { job in
          let (image, id) = jobs[job]
          let labels = ids + image * area
          DistanceTransform(height: size.height, width: size.width)
            .distances(into: maps + (image * classes + id) * area) { labels[$0] == id }
        }
        forEach(images) { image in
          sign(maps + image * classes * area, labels: ids + image * area, area: area, classes: classes, shown[image])
        }
      }
    }
    return maps
  }

  /// Turns distances to each class into signed ones.
  private static func sign(
    _ maps: UnsafeMutablePointer<Float>, labels: UnsafePointer<UInt8>, area: Int, classes: Int, _ shown: [Int]
  ) {
    if shown.isEmpty { return }
    for pixel in 0..<area {
      let own = Int(labels[pixel])
      if own >= classes {
        for id in shown { maps[id * area + pixel] = 0 }
        continue
      }
      var nearest = Float.infinity
      for id in shown where id != own { nearest = min(nearest, maps[id * area + pixel]) }
      maps[own * area + pixel] = 1 - nearest
    }
  }

  /// Calls `body` with each number from 0 up to, but not including, `count`, on as many threads as libtorch uses.
  private static func forEach(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let threads = max(1, min(Libtorch.threads, count))
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      for index in stride(from: thread, to: count, by: threads) { body(index) }
    }
  }
}
