import Foundation
import SegmentationModels

/// Which networks the longest suites compare in full, as `RTSEG_TESTED_NETWORKS` says.
public enum TestedNetworks {
  /// Whether each network is compared in every respect: the variable is `all`.
  public static var areAll: Bool { value == "all" }
  /// Whether one network of each family is enough: the variable is `families`.
  static var areFamilies: Bool { value == "families" }

  private static var value: String? { ProcessInfo.processInfo.environment["RTSEG_TESTED_NETWORKS"] }
}

extension Architecture {
  /// Whether it is the first network of its family, or an encoder–decoder network. Other variants of a family have the same
  /// operations in other numbers and widths.
  public var standsForItsFamily: Bool {
    family == "smp" || self == Architecture.realTime.first { $0.family == family }
  }
}

extension [Architecture] {
  /// The networks with which a test runs: all of these, or the first of each family and all encoder–decoder networks if
  /// `RTSEG_TESTED_NETWORKS` is `families`. `scripts/check-instruction-sets` sets it: variants of a family have the same
  /// operations, and all of them ran with the processor's best instruction set.
  public var tested: [Architecture] {
    TestedNetworks.areFamilies ? filter(\.standsForItsFamily) : self
  }
}
