import CTorch
import Foundation

/// libtorch as a whole: version, devices, threads, random state, memory.
public enum Libtorch {
  /// The libtorch version this was built against, e.g. "2.13.0".
  public static var version: String { String(cString: ct_compiled_version()) }

  /// libtorch's own report of how it was built, several lines.
  public static var buildReport: String {
    var out: UnsafeMutablePointer<CChar>?
    check(ct_build_report(&out))
    defer { ct_free_string(out) }
    return out.map { String(cString: $0) } ?? ""
  }

  /// Loads the CUDA backend if this libtorch has one. Call it once, before asking for devices.
  public static func loadAccelerators() throws { try checkThrowing(ct_load_accelerators()) }

  /// The devices that can be used now, the CPU first; before `loadAccelerators`, no GPU.
  public static var devices: [Device] {
    var count = 0
    var mps = false
    check(ct_cuda_device_count(&count))
    check(ct_mps_available(&mps))
    return [.cpu] + (0..<count).map(Device.cuda) + (mps ? [.mps] : [])
  }

  /// Threads that one operation on the CPU may use.
  public static var threads: Int {
    get {
      var out = 0
      check(ct_threads(&out))
      return out
    }
    set { check(ct_set_threads(newValue)) }
  }

  /// Makes the process keep freed memory for the next tensors: faster for work that repeats, such as training.
  ///
  /// Without it glibc returns each large tensor to the system and faults its pages in again at the next step.
  public static func keepFreedMemory() { ct_keep_freed_memory() }

  /// Gives freed memory and libtorch's code back to the system. The code comes back when it is used; after libtorch's
  /// start this saves some 40 MiB.
  public static func releaseUnusedMemory() { ct_release_unused_memory() }

  /// Seeds the random generators of all devices that are known by now: see `loadAccelerators`.
  public static func seed(_ seed: UInt64) { check(ct_seed(seed)) }

  /// The state of a device's random generator, to be set again for exact resumption.
  public static func randomState(of device: Device = .cpu) -> Tensor { .make { ct_random_state(device.handle, $0) } }

  /// Sets a state that `randomState` gave.
  /// - Throws: `TorchError` for anything else; then the generator is as it was.
  public static func setRandomState(_ state: Tensor, of device: Device = .cpu) throws {
    try checkThrowing(ct_set_random_state(device.handle, state.handle))
  }

  /// Throws what `setRandomState` would.
  package static func checkRandomState(_ state: Tensor, of device: Device = .cpu) throws {
    try checkThrowing(ct_check_random_state(device.handle, state.handle))
  }

  /// Chooses deterministic algorithms if there are any, at some cost on GPUs.
  public static func setDeterministic(_ enabled: Bool) { check(ct_set_deterministic(enabled)) }

  /// Lets cuDNN measure, while `body` runs, which algorithm is fastest for each convolution that it has not met before.
  package static func measuringConvolutions<Result>(_ enabled: Bool, _ body: () throws -> Result) rethrows -> Result {
    guard enabled else { return try body() }
    check(ct_set_measuring_convolutions(true))
    defer { check(ct_set_measuring_convolutions(false)) }
    return try body()
  }

  /// Waits until a device has done all work given to it.
  public static func synchronize(_ device: Device) { check(ct_synchronize(device.handle)) }

  /// Bytes in use now and at most since the start or `resetPeakMemory`: of tensors on an accelerator, of the whole
  /// process on the CPU.
  public static func memory(of device: Device) -> (current: Int, peak: Int) {
    if device.kind == .cpu { return processMemory() }
    var current = 0
    var peak = 0
    check(ct_memory_statistics(device.handle, &current, &peak))
    return (current, peak)
  }

  /// Starts a new measurement of an accelerator's peak; the process's own peak cannot be reset.
  public static func resetPeakMemory(of device: Device) {
    if device.kind != .cpu { check(ct_reset_peak_memory(device.handle)) }
  }

  /// Gives cached memory of an accelerator back to the system.
  public static func emptyCache(of device: Device) {
    if device.kind != .cpu { check(ct_empty_cache(device.handle)) }
  }

  private static func processMemory() -> (current: Int, peak: Int) {
    #if os(Linux)
      // The kernel's figures for this program: those of `getrusage` begin with what the parent process had used.
      let lines = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.split(separator: "\n") ?? []
      func bytes(_ key: String) -> Int {
        let line = lines.first { $0.hasPrefix(key) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 } ?? 0
      }
      return (bytes("VmRSS:"), bytes("VmHWM:"))
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return (usage.ru_maxrss, usage.ru_maxrss)
    #endif
  }
}
