import Torch

/// Whether this machine has an NVIDIA GPU that libtorch can use.
public let hasGPU: Bool = {
  try? Libtorch.loadAccelerators()
  return Libtorch.devices.contains(.cuda(0))
}()
