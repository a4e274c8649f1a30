import CKernels
import Testing

/// Kernels are tested with each instruction set that the processor has. One that it lacks is a skipped test of its name.
@Suite struct InstructionSetTests {
  #if arch(x86_64)
    @Test(.enabled(if: ck_supports_isa(CK_ISA_AVX2), "this processor lacks AVX2: its kernels are not tested"))
    func `AVX2 is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_AVX2)) }

    @Test(.enabled(if: ck_supports_isa(CK_ISA_AVX2_VNNI), "this processor lacks AVX-VNNI: its kernels are not tested"))
    func `AVX2 with VNNI is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_AVX2_VNNI)) }

    @Test(.enabled(if: ck_supports_isa(CK_ISA_AVX512), "this processor lacks AVX-512: its kernels are not tested"))
    func `AVX-512 is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_AVX512)) }

    @Test(
      .enabled(
        if: ck_supports_isa(CK_ISA_AVX512_VNNI), "this processor lacks AVX-512 with VNNI: its kernels are not tested"))
    func `AVX-512 with VNNI is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_AVX512_VNNI)) }

    @Test(
      .enabled(
        if: ck_supports_isa(CK_ISA_AVX512_DOT),
        "this processor lacks AVX-512 with BF16 and VNNI: its kernels are not tested"))
    func `AVX-512 with BF16 and VNNI is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_AVX512_DOT)) }
  #elseif arch(arm64)
    @Test func `NEON is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_NEON)) }

    @Test(
      .enabled(if: ck_supports_isa(CK_ISA_NEON_DOT), "this processor lacks dot products: their kernels are not tested"))
    func `NEON with dot products is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_NEON_DOT)) }

    @Test(.enabled(if: ck_supports_isa(CK_ISA_NEON_I8MM), "this processor lacks I8MM: its kernels are not tested"))
    func `NEON with I8MM is tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_NEON_I8MM)) }
  #endif

  @Test func `portable kernels are tested`() { #expect(KernelTests.instructionSets.contains(CK_ISA_PORTABLE)) }
}
