// The program that `make fuzz` runs: libFuzzer around one reader. Not part of the tests.
import Foundation
import Torch

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ read: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The reader that the environment variable RTSEG_FUZZ_TARGET names.
private let chosen: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["RTSEG_FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    print("The environment variable RTSEG_FUZZ_TARGET must name a reader: \(names).")
    exit(64)
  }
  return target
}()

// Other threads of libtorch would only wait.
Libtorch.threads = 1
_ = chosen
FuzzTarget.limitMemory()
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(
  runFuzzer(&count, &arguments) { start, count in
    chosen.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
  })
