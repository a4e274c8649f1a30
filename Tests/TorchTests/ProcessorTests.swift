import Testing
import Torch

@Suite struct ProcessorTests {
  @Test(arguments: [
    (["AVX2", "FMA", "AVX-512", "AVX-512 BF16"], true), (["AVX2", "AMX BF16"], true), (["NEON", "Arm BF16"], true),
    (["AVX2", "FMA", "AVX-512", "AVX-512 VNNI", "AMX INT8"], false), (["NEON"], false), ([], false),
  ])
  func bfloat16NeedsInstructionsThatMultiplyIt(instructions: [String], multiplies: Bool) {
    #expect(Processor.multipliesBFloat16(instructions) == multiplies)
  }

  #if os(Linux)
    @Test func theProcessorHereIsAskedForItsInstructions() {
      #expect(Processor.multipliesBFloat16 == Processor.multipliesBFloat16(Processor.vectorInstructions))
    }
  #endif
}
