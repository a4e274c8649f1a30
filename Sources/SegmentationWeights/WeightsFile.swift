import Foundation
import SegmentationModels

/// A file of weights on this machine.
public struct WeightsFile: Sendable, Equatable {
  /// The place of the file.
  public let url: URL
  /// The network that the file is known to be of by its name; `nil` if its content alone can tell.
  public var architecture: Architecture?
}
