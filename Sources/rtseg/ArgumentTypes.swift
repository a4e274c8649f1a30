import ArgumentParser
import SegmentationImage
import SegmentationInference
import Torch

// The types of the libraries that options name by their text.
extension Engine: ExpressibleByArgument {}
extension ImageSize: ExpressibleByArgument {}
extension InferenceOptions.Output: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
