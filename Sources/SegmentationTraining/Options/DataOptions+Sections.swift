import SegmentationData

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
