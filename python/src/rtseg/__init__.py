"""Runs networks for semantic segmentation that `rtseg compile` saved in .rtseg files.

    import rtseg

    net = rtseg.load("street.rtseg")
    classes = net(image)                  # image: uint8, [height, width, 3], RGB; classes: uint8, [height, width]
    names = [c.name for c in net.classes]

It needs numpy and nothing else. Several threads may use one network at the same time.
"""
from ._library import Error, instruction_set, version
from ._network import Class, Network, load

__all__ = ["Class", "Error", "Network", "instruction_set", "load", "version"]
__version__ = version()
