import TestSupport
import Testing
import Torch

/// The devices that users name.
@Suite struct DeviceNameTests {
  private static let machine: [Device] = [.cpu, .cuda(0), .cuda(1)]

  @Test func `names mean the devices that a machine has`() throws {
    for (name, expected) in [
      ("auto", Device.cuda(0)), ("cpu", .cpu), ("cuda", .cuda(0)), ("cuda:0", .cuda(0)), ("cuda:1", .cuda(1)),
    ] {
      #expect(try Device(named: name, among: Self.machine) == expected)
    }
    #expect(try Device(named: "auto", among: [.cpu]) == .cpu)
    #expect(try Device(named: "auto", among: [.cpu, .mps]) == .mps)
    #expect(try Device(named: "cpu") == .cpu)
  }

  @Test func `a device that is not there is refused with those that are`() throws {
    for name in ["cuda:2", "mps"] {
      #expect(
        message { _ = try Device(named: name, among: Self.machine) }
          == "device \(name) is not there; this machine has: cpu, cuda:0, cuda:1")
    }
    for name in ["meta", "gpu", "cuda:", "cuda:-1", "cpu:0", ""] {
      #expect(
        message { _ = try Device(named: name, among: [.cpu]) }
          == "device: expected auto, cpu, cuda, cuda:N or mps, found \(name); this machine has: cpu")
    }
  }
}
