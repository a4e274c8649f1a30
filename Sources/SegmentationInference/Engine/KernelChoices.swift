import CKernels
import CRuntime
import Files
import Foundation
import SegmentationModels
import Torch

/// The algorithm that was the fastest for each convolution on this machine, kept in a file.
final class KernelChoices {
  /// The file's content.
  private struct Content: Codable {
    var machine: String
    var choices: [String: Algorithm]
  }

  /// The algorithms of convolutions.
  private enum Algorithm: String, CaseIterable, Codable {
    /// The one that the runtime chooses by estimates.
    case estimated
    case direct
    case winograd4 = "winograd-4"
    case winograd2 = "winograd-2"
    case depthwise

    var value: ck_algorithm {
      switch self {
      case .estimated: CK_ALGORITHM_AUTO
      case .direct: CK_ALGORITHM_DIRECT
      case .winograd4: CK_ALGORITHM_WINOGRAD_4
      case .winograd2: CK_ALGORITHM_WINOGRAD_2
      case .depthwise: CK_ALGORITHM_DEPTHWISE
      }
    }
  }

  private let file: URL
  private let threads: Int
  private var content: Content
  private var hasChanged = false

  /// Reads the file. A file that is damaged or was written on another machine or by another version counts as empty.
  /// - Parameter file: The file that keeps the choices; missing folders are created.
  init(file: URL, threads: Int) {
    self.file = file
    self.threads = threads
    let isa = String(cString: ck_isa_name(ck_current_isa()))
    let machine = "\(Processor.name); \(isa); rtseg \(rtsegVersion)"
    content = Content(machine: machine, choices: [:])
    if let data = try? Data(InputFile.contents(of: file.path, limit: 1 << 26)),
      let known = try? JSONDecoder().decode(Content.self, from: data),
      known.machine == machine
    {
      content = known
    }
  }

  /// The functions by which the runtime asks for choices and tells new ones. They are valid as long as this object.
  var callbacks: rt_choices {
    rt_choices(
      find: { state, key in
        let choices = Unmanaged<KernelChoices>.fromOpaque(state!).takeUnretainedValue()
        return choices.content.choices["\(choices.threads) \(String(cString: key!))"].map { Int32($0.value.rawValue) }
          ?? -1
      },
      found: { state, key, algorithm in
        let choices = Unmanaged<KernelChoices>.fromOpaque(state!).takeUnretainedValue()
        guard let found = Algorithm.allCases.first(where: { Int32($0.value.rawValue) == algorithm }) else { return }
        choices.content.choices["\(choices.threads) \(String(cString: key!))"] = found
        choices.hasChanged = true
      }, state: Unmanaged.passUnretained(self).toOpaque())
  }

  /// Writes the file if something was measured. If it cannot be written, that is measured again next time.
  func save() {
    guard hasChanged else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(content) else { return }
    try? FileSystem.makeFolder(FileSystem.folder(of: file.path))
    try? AtomicFile.write(data, to: file)
  }
}
