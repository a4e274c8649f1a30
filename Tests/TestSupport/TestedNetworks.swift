import Foundation
import SegmentationModels

extension [Architecture] {
  /// The networks with which a test runs: all of these, or the first of each family and all encoder–decoder networks if
  /// `RTSEG_TESTED_NETWORKS` is `families`. `scripts/check-instruction-sets` sets it: variants of a family have the same
  /// operations, and all of them ran with the processor's best instruction set.
  public var tested: [Architecture] {
    guard ProcessInfo.processInfo.environment["RTSEG_TESTED_NETWORKS"] == "families" else { return self }
    var families: Set<String> = []
    return filter { $0.family == "smp" || families.insert($0.family).inserted }
  }
}
