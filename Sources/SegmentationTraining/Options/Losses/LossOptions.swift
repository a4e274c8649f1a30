import Basics
import Torch

/// The options of one loss of the class scores: its name in `objective.terms`, its numbers, and the loss that they
/// make.
///
/// A new loss is one type that conforms and one line in `LossTerm.kinds`.
public protocol LossOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The loss's name in a configuration and in reports.
  static var name: String { get }
  /// The keys that the loss has beside `loss` and `coefficient`.
  static var keys: [String] { get }
  /// Whether the loss takes the weights of the classes.
  static var takesClassWeights: Bool { get }

  init()

  /// Checks whether the loss works with so many scores for each pixel: 1, or one for each class.
  func validate(scores: Int) throws(InvalidOption)

  /// - Parameter classWeights: One factor for each class; losses that take none leave them aside.
  func makeLoss(classWeights: [Double]?, device: Device) -> any PixelLoss
}

extension LossOptions {
  /// Accepts any number of scores per pixel.
  public func validate(scores: Int) throws(InvalidOption) {}

  func isEqual(to other: any LossOptions) -> Bool { other as? Self == self }
}

/// The classes that a loss averages over.
public enum AveragedClasses: String, Codable, Sendable, CaseIterable {
  /// The loss averages over the classes that have labelled pixels.
  case present
  /// The loss averages over all classes. A class without labelled pixels counts by the pixels that are wrongly given
  /// to it.
  case all
}
