"""Networks and their results as numpy arrays."""
from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, NamedTuple, Optional, Union

import numpy as np
from numpy.typing import NDArray

from . import _library as lib
from ._library import Error


class Class(NamedTuple):
    """What a number in a class map stands for."""

    name: str
    color: tuple[int, int, int]


def load(path: Union[str, os.PathLike[str]], *, threads: Optional[int] = None, resize: bool = False) -> Network:
    """Opens a .rtseg file.

    threads: how many threads each call uses (None: one per core that this process may use).
    resize: whether images of sizes that the program was not compiled for are taken. They are resized for the network,
        and its scores are resized to the image.
    """
    return Network(path, threads=threads, resize=resize)


class Network:
    """A network that runs on images.

    Several threads may call it at the same time: each call takes memory of its own, which later calls use again. The
    network may be closed by `close` or by `with`; otherwise it is closed when it is no longer used.
    """

    def __init__(self, path: Union[str, os.PathLike[str]], *, threads: Optional[int] = None, resize: bool = False):
        self._program: Optional[ctypes.c_void_p] = None
        self._lock = threading.Lock()
        self._running = 0
        self._is_closed = False
        self._idle: dict[tuple[int, int], list[ctypes.c_void_p]] = {}
        if threads is not None and not 1 <= threads <= 256:
            raise ValueError(f"threads is {threads}; expected 1 to 256, or None for one per core")
        self._threads = threads or 0
        self._resizes = bool(resize)
        self.path = os.fspath(path)
        program = ctypes.c_void_p()
        lib.check(lib.program_open(os.fsencode(path), ctypes.byref(program)))
        self._program = program
        description = lib.Description()
        lib.check(lib.describe(program, ctypes.byref(description)))
        self._describe(description)

    def _describe(self, description: lib.Description) -> None:
        self.network: str = description.network.decode()
        """The network's name in RTSeg's catalogue, such as "fastscnn"."""
        self.precision: str = description.precision.decode()
        """The numbers that the network computes in: "float32", "bfloat16" or "int8"."""
        self.checkpoint: str = description.checkpoint.decode()
        """The SHA-256 of the checkpoint in hexadecimal digits; empty if the weights were in no file."""
        self.producer: str = description.producer.decode()
        """The version of RTSeg that wrote the file."""
        self.sizes: list[tuple[int, int]] = [
            (description.sizes[i].height, description.sizes[i].width) for i in range(description.size_count)]
        """The sizes (height, width) of images that the program was compiled for."""
        self.mean: tuple[float, ...] = tuple(description.mean)
        self.std: tuple[float, ...] = tuple(description.std)
        """What the network's input is normalized with; the library does that."""
        self.agreement: Optional[float] = None if description.agreement < 0 else description.agreement
        """The share of the calibration images' pixels that have the same class in int8 as in float32."""
        self.classes: list[Class] = []
        """The names and colors of the classes."""
        for index in range(description.class_count):
            name, color = ctypes.c_char_p(), (ctypes.c_uint8 * 3)()
            lib.check(lib.class_of(self._program, index, ctypes.byref(name), color))
            self.classes.append(Class((name.value or b"").decode(errors="replace"), (color[0], color[1], color[2])))

    @property
    def palette(self) -> NDArray[np.uint8]:
        """The colors of the classes, [classes, 3]: `net.palette[net(image)]` is a picture."""
        return np.array([c.color for c in self.classes], dtype=np.uint8).reshape(-1, 3)

    def __repr__(self) -> str:
        if self._is_closed:
            return f"<rtseg.Network {self.path!r}, closed>"
        sizes = ", ".join(f"{height}x{width}" for height, width in self.sizes)
        return f"<rtseg.Network {self.network} in {self.precision}, {len(self.classes)} classes, for images of {sizes}>"

    # Running

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The best class of each pixel: uint8, [height, width].

        image: uint8, [height, width, 3] in the order red, green, blue, or [height, width] for gray.
        """
        return self._run(image, lib.CLASSES)

    def scores(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The scores of all classes: float32, [height, width, classes]."""
        return self._run(image, lib.SCORES)

    def probability(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The probability of each pixel's best class: float32, [height, width]."""
        return self._run(image, lib.PROBABILITY)

    def _run(self, image: Any, kind: int) -> NDArray[Any]:
        pixels = _pixels(image)
        height, width = pixels.shape[:2]
        index = self._size_index(height, width)
        shape = (height, width, len(self.classes)) if kind == lib.SCORES else (height, width)
        result = np.empty(shape, np.uint8 if kind == lib.CLASSES else np.float32)
        argument = lib.Image(format=lib.GRAY if pixels.ndim == 2 else lib.RGB, height=height, width=width)
        argument.data[0] = pixels.ctypes.data
        argument.stride[0] = pixels.strides[0]
        wanted = lib.Result(kind=kind, height=height, width=width, data=result.ctypes.data)
        context = self._take(index, kind)
        try:
            lib.check(lib.run(context, ctypes.byref(argument), ctypes.byref(wanted), 1))
        finally:
            self._give_back(index, kind, context)
        return result

    def _size_index(self, height: int, width: int) -> int:
        if (height, width) in self.sizes:
            return self.sizes.index((height, width))
        if not self._resizes:
            sizes = ", ".join(f"{h}x{w}" for h, w in self.sizes)
            raise Error(f"the image is {height}x{width}, and the program was compiled for {sizes}. Images are resized if "
                        "the program is opened by rtseg.load(path, resize=True).")
        return 0

    # Contexts: a call takes one that no other call uses.

    def _take(self, index: int, kind: int) -> ctypes.c_void_p:
        with self._lock:
            if self._is_closed:
                raise Error(f"{self.path}: the network is closed")
            self._running += 1
            idle = self._idle.get((index, kind))
            if idle:
                return idle.pop()
        kinds = 1 << kind | (1 << lib.SCORES if self._resizes else 0)
        options = lib.Options(
            threads=self._threads, size_index=index, kinds=kinds, resizes_images=1 if self._resizes else 0)
        context = ctypes.c_void_p()
        try:
            lib.check(lib.context_create(self._program, ctypes.byref(options), ctypes.byref(context)))
        except BaseException:
            self._give_back(index, kind, None)
            raise
        return context

    def _give_back(self, index: int, kind: int, context: Optional[ctypes.c_void_p]) -> None:
        with self._lock:
            self._running -= 1
            if context is not None:
                self._idle.setdefault((index, kind), []).append(context)
            if self._is_closed and self._running == 0:
                self._free()

    def close(self) -> None:
        """Gives the memory back, once calls in other threads have ended. Later calls raise an error."""
        with self._lock:
            self._is_closed = True
            if self._running == 0:
                self._free()

    def _free(self) -> None:
        for contexts in self._idle.values():
            for context in contexts:
                lib.context_destroy(context)
        self._idle.clear()
        if self._program is not None:
            lib.program_close(self._program)
        self._program = None

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # Not there if the arguments were wrong.
        if hasattr(self, "_resizes"):
            self.close()


def _pixels(image: Any) -> NDArray[np.uint8]:
    """The image's pixels with rows at any distance, and columns and colors without gaps."""
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise Error(f"the image has numbers of the type {array.dtype}; expected uint8, from 0 to 255")
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)) or 0 in array.shape:
        raise Error(f"the image has the shape {array.shape}; expected (height, width, 3), or (height, width) for gray")
    row = array[0]
    if not row.flags.c_contiguous or array.strides[0] < row.nbytes:
        array = np.ascontiguousarray(array)
    return array
