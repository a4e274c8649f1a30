import SegmentationData

// Checked when a configuration is read, before any data is looked for.
extension DataOptions: ValidatedOptions {}
extension AugmentationOptions: ValidatedOptions {}
