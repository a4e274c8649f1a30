import CKernels
import Files
import Foundation
import SegmentationModels
import Torch

/// The kernel that was the fastest for each convolution on this machine, kept in a file.
final class KernelChoices {
  /// The file's content.
  private struct Content: Codable {
    var machine: String
    var choices: [String: KernelChoice]
  }

  private let file: URL
  private let threads: Int
  private var content: Content

  /// Reads the file. A file that is damaged or was written on another machine or by another version counts as empty.
  /// - Parameter file: The file that keeps the choices; missing folders are created.
  init(file: URL, threads: Int) {
    self.file = file
    self.threads = threads
    let isa = String(cString: ck_isa_name(ck_current_isa()))
    let machine = "\(Processor.name); \(isa); rtseg \(rtsegVersion); libtorch \(Libtorch.version)"
    content = Content(machine: machine, choices: [:])
    if let data = try? Data(InputFile.contents(of: file.path, limit: 1 << 26)),
      let known = try? JSONDecoder().decode(Content.self, from: data),
      known.machine == machine
    {
      content = known
    }
  }

  /// The choice for a convolution's key; `nil` if none was measured.
  subscript(key: String) -> KernelChoice? { content.choices["\(threads) \(key)"] }

  /// Measures each kind of convolution that has no choice yet, and writes the file. If it cannot be written, they are
  /// measured again next time.
  func measure(_ convolutions: [KernelConvolution], _ pool: KernelPool) throws {
    let unknown = convolutions.filter { $0.alternative != nil }
    if unknown.isEmpty { return }
    for convolution in unknown {
      let key = "\(threads) \(convolution.key)"
      let choice = try content.choices[key] ?? convolution.fastest(pool)
      content.choices[key] = choice
      try convolution.settle(choice, pool)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(content) else { return }
    try? FileSystem.makeFolder(FileSystem.folder(of: file.path))
    try? AtomicFile.write(data, to: file)
  }
}
