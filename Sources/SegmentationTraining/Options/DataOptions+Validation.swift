import Basics
import SegmentationData

// Checked when a configuration is read, before any data is looked for.
extension DataOptions: ValidatedOptions {}
extension AugmentationOptions: ValidatedOptions {}

// Sections that are off unless they are given.
extension RareClassSampling: OptionSection {}
extension Affine: OptionSection {}
extension Rotation: OptionSection {}
extension Perspective: OptionSection {}
extension CropChoice: OptionSection {}
extension Mosaic: OptionSection {}
extension CopyPaste: OptionSection {}
extension PhotometricDistortion: OptionSection {}
extension GaussianBlur: OptionSection {}
extension CutOut: OptionSection {}
