import Files
import SegmentationImage
import SegmentationModels
import Torch

/// Which images are labelled, and the files that this makes.
package struct PredictionPlan {
  package struct Job: Sendable {
    /// The image's name below the input folder.
    package let name: String
    package let path: String
    package let outputs: [(product: PredictionProduct, path: String)]
  }

  package let jobs: [Job]

  /// A single product keeps the image's name; several are told apart by a suffix.
  package init(_ images: InputImages, folder: String, products: [PredictionProduct]) {
    jobs = images.names.map { name in
      Job(
        name: name, path: images.path(of: name),
        outputs: products.map { product in
          let suffix = products.count == 1 ? "" : "_\(product.rawValue)"
          return (product, "\(folder)/\(images.stem(of: name))\(suffix).png")
        })
    }
  }

  /// Makes sure that no result replaces an input or another result.
  /// - Parameter otherInputs: Files that are read beside the images.
  /// - Throws: `OutputConflict`.
  package func check(otherInputs: [String]) throws {
    var plan = OutputPlan()
    for path in jobs.map(\.path) + otherInputs { plan.add(input: path) }
    for job in jobs {
      for output in job.outputs { plan.add(output: output.path, of: job.path) }
    }
    try plan.check()
  }

  /// Makes sure that Cityscapes' evaluation finds the results: it looks for `<city>_<sequence>_<frame>*.png`, where the
  /// sequence and the frame have six digits.
  /// - Throws: `ImageError` with the first image that has another name.
  package func checkCityscapesNames() throws {
    for job in jobs {
      let parts = job.name.split(separator: "/").last?.split(separator: "_", omittingEmptySubsequences: false) ?? []
      // The extension follows the frame if the name ends with it.
      let numbers = parts.dropFirst().prefix(2).map { $0.prefix { $0 != "." } }
      guard parts.count >= 3, !parts[0].isEmpty,
        numbers.allSatisfy({ $0.count == 6 && $0.allSatisfy { ("0"..."9").contains($0) } })
      else {
        throw ImageError(
          path: job.path,
          reason: "--save cityscapes is for images with names such as berlin_000000_000019_leftImg8bit.png, by which "
            + "Cityscapes' evaluation finds the results")
      }
    }
  }

  /// Makes sure that no image is smaller than a tile, from the files' headers. Images that cannot be read are left to those
  /// who read them.
  /// - Throws: `ImageError` with the first image that is smaller.
  package func checkTiles(_ inference: InferenceProtocol, orientation: ExifOrientation) throws {
    guard inference.tile != nil else { return }
    for job in jobs {
      guard let size = try? ImageSize(ofImageAt: job.path, orientation: orientation),
        let obstacle = inference.obstacle(for: size)
      else { continue }
      throw ImageError(path: job.path, reason: "\(obstacle); choose a smaller tile, or leave it out")
    }
  }

  /// Makes the folders for the results, and removes what a run that was killed left in them.
  /// - Throws: `FileError`.
  package func makeFolders() throws {
    for path in Set(jobs.flatMap { job in job.outputs.map { FileSystem.folder(of: $0.path) } }).sorted() {
      try FileSystem.makeFolder(path)
      AtomicFile.removeAbandoned(in: path)
    }
  }
}
