import SegmentationTraining
import TestSupport
import Testing
import Torch

/// `amp`, the precision that a run trains in.
@Suite struct PrecisionOptionTests {
  private func amp(_ value: String) throws -> Precision {
    try ConfigurationLoader(defaults: TrainingOptions()).load(
      file: nil, overrides: [ConfigurationOverride("amp", value, source: "--amp")]
    ).amp
  }

  @Test func `off is the old word for float32`() throws {
    for (word, precision) in [
      ("off", Precision.float32), ("float32", .float32), ("bfloat16", .bfloat16), ("float16", .float16),
    ] {
      #expect(try amp(word) == precision)
    }
  }

  @Test func `what runs do not train in is refused`() {
    for word in ["int8", "half"] {
      let text = message { _ = try amp(word) } ?? "nothing"
      #expect(text.contains("--amp") && text.contains("amp") && text.contains("float32"), "\(text)")
      #expect(!text.contains("\n"))
    }
  }
}
