import Foundation

/// The processor that this runs on.
public enum Processor {
  /// The maker's name for the processor; `unknown` if the system does not tell.
  public static var name: String {
    #if os(macOS)
      var length = 0
      sysctlbyname("machdep.cpu.brand_string", nil, &length, nil, 0)
      var name = [UInt8](repeating: 0, count: max(length, 1))
      sysctlbyname("machdep.cpu.brand_string", &name, &length, nil, 0)
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #else
      let name = description.split(separator: "\n").first { $0.hasPrefix("model name") }?.split(separator: ":").last
      return name?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    #endif
  }

  /// The vector instructions that kernels can use here, such as `AVX-512 BF16`; empty for none beyond the baseline.
  public static var vectorInstructions: [String] {
    #if os(Linux)
      let line = description.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") } ?? ""
      let found = Set(line.split(separator: " ").map(String.init))
      let known = [
        ("avx2", "AVX2"), ("fma", "FMA"), ("avx512f", "AVX-512"), ("avx512_vnni", "AVX-512 VNNI"),
        ("avx512_bf16", "AVX-512 BF16"), ("amx_bf16", "AMX BF16"), ("amx_int8", "AMX INT8"), ("asimd", "NEON"),
        ("bf16", "Arm BF16"), ("i8mm", "Arm I8MM"),
      ]
      return known.filter { found.contains($0.0) }.map(\.1)
    #else
      return ["NEON"]
    #endif
  }

  /// Whether the processor has instructions that multiply bfloat16 numbers. Without them libtorch computes with float32,
  /// and mixed precision saves memory at most.
  public static var multipliesBFloat16: Bool {
    #if os(macOS)
      var value: Int32 = 0
      var length = MemoryLayout<Int32>.size
      return sysctlbyname("hw.optional.arm.FEAT_BF16", &value, &length, nil, 0) == 0 && value != 0
    #else
      return multipliesBFloat16(vectorInstructions)
    #endif
  }

  /// - Parameter instructions: The names that `vectorInstructions` gives.
  package static func multipliesBFloat16(_ instructions: [String]) -> Bool {
    instructions.contains { ["AVX-512 BF16", "AMX BF16", "Arm BF16"].contains($0) }
  }

  private static var description: String { (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "" }
}
