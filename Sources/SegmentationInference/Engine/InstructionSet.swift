import CKernels

/// The vector instructions that the CPU's kernels use. A process uses the fastest of its processor, or the one that the
/// environment variable `RTSEG_ISA` names by its raw value.
public enum InstructionSet: String, Codable, Sendable, CaseIterable {
  /// The instructions that every processor of the architecture has.
  case portable
  /// AVX2 with FMA, F16C and BMI2.
  case avx2
  /// AVX2 with products of bytes (AVX-VNNI).
  case avx2VNNI = "avx2_vnni"
  /// AVX-512 with F, BW, VL and DQ.
  case avx512
  /// AVX-512 with products of bytes (VNNI).
  case avx512VNNI = "avx512_vnni"
  /// AVX-512 with products of bytes and of bfloat16 (BF16).
  case avx512Dot = "avx512_dot"
  /// The vector instructions that every 64-bit ARM processor has.
  case neon
  /// NEON with products of signed bytes.
  case neonDot = "neon_dot"
  /// NEON with products of unsigned by signed bytes (I8MM).
  case neonI8MM = "neon_i8mm"

  /// Whether this processor has it.
  public var isSupported: Bool { ck_supports_isa(kernels) }

  /// The instruction sets that this processor has.
  public static var supported: [InstructionSet] { allCases.filter(\.isSupported) }

  /// The one that this process uses: the fastest of its processor, or the one that `RTSEG_ISA` names.
  public static var current: InstructionSet {
    let kernels = ck_current_isa()
    return allCases.first { $0.kernels == kernels }!
  }

  /// Environment variables that limit a process to it: its kernels, libtorch's own ones and those of oneDNN, which
  /// libtorch and OpenVINO use.
  public var environment: [String: String] {
    var variables = ["RTSEG_ISA": rawValue]
    if let (libtorch, oneDNN) = others {
      (variables["ATEN_CPU_CAPABILITY"], variables["ONEDNN_MAX_CPU_ISA"]) = (libtorch, oneDNN)
    }
    return variables
  }

  /// The names that libtorch and oneDNN have for it; on ARM they have none.
  private var others: (libtorch: String, oneDNN: String)? {
    switch self {
    case .portable: InstructionSet.neon.isSupported ? nil : ("default", "SSE41")
    case .avx2: ("avx2", "AVX2")
    case .avx2VNNI: ("avx2", "AVX2_VNNI")
    case .avx512: ("avx512", "AVX512_CORE")
    case .avx512VNNI: ("avx512", "AVX512_CORE_VNNI")
    case .avx512Dot: ("avx512", "AVX512_CORE_BF16")
    case .neon, .neonDot, .neonI8MM: nil
    }
  }

  private var kernels: ck_isa {
    switch self {
    case .portable: CK_ISA_PORTABLE
    case .avx2: CK_ISA_AVX2
    case .avx2VNNI: CK_ISA_AVX2_VNNI
    case .avx512: CK_ISA_AVX512
    case .avx512VNNI: CK_ISA_AVX512_VNNI
    case .avx512Dot: CK_ISA_AVX512_DOT
    case .neon: CK_ISA_NEON
    case .neonDot: CK_ISA_NEON_DOT
    case .neonI8MM: CK_ISA_NEON_I8MM
    }
  }
}
