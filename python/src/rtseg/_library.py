"""The functions and structures of rtseg.h, by way of ctypes, which releases the interpreter's lock during each call."""
import ctypes
import os
from ctypes import (POINTER, Structure, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32,
                    c_uint64, c_uint8, c_void_p)
from pathlib import Path


class Error(RuntimeError):
    """The library refused something. The text is one line that says what was expected and what to do."""


class Size(Structure):
    _fields_ = [("height", c_int32), ("width", c_int32)]


class Description(Structure):
    _fields_ = [
        ("network", c_char_p), ("precision", c_char_p), ("checkpoint", c_char_p), ("producer", c_char_p),
        ("class_count", c_int32), ("size_count", c_int32), ("sizes", POINTER(Size)), ("mean", c_double * 3),
        ("std", c_double * 3), ("operator_count", c_int32), ("weight_bytes", c_uint64),
        ("agreement", c_double),
    ]


class Options(Structure):
    _fields_ = [
        ("threads", c_int32), ("size_index", c_int32), ("kinds", c_uint32), ("resizes_images", c_int32),
        ("memory_limit", c_uint64),
    ]


class Image(Structure):
    _fields_ = [
        ("format", c_int), ("height", c_int32), ("width", c_int32), ("data", c_void_p * 2), ("stride", c_int64 * 2),
    ]


class Result(Structure):
    _fields_ = [("kind", c_int), ("height", c_int32), ("width", c_int32), ("data", c_void_p), ("stride", c_int64)]


CLASSES, SCORES, PROBABILITY = 0, 1, 2
RGB, BGR, GRAY = 0, 1, 2

# The environment variable names another library than the one in this package.
_path = os.environ.get("RTSEG_LIBRARY") or str(Path(__file__).with_name("librtseg.so.1"))
_library = ctypes.CDLL(_path)


def _function(name, result, *arguments):
    function = getattr(_library, name)
    function.restype, function.argtypes = result, arguments
    return function


_version = _function("rtseg_version", c_char_p)
_instruction_set = _function("rtseg_instruction_set", c_char_p)
_error_message = _function("rtseg_error_message", c_char_p)
program_open = _function("rtseg_program_open", c_int, c_char_p, POINTER(c_void_p))
program_close = _function("rtseg_program_close", None, c_void_p)
describe = _function("rtseg_describe", c_int, c_void_p, POINTER(Description))
class_of = _function("rtseg_class", c_int, c_void_p, c_int32, POINTER(c_char_p), c_uint8 * 3)
context_create = _function("rtseg_context_create", c_int, c_void_p, POINTER(Options), POINTER(c_void_p))
context_destroy = _function("rtseg_context_destroy", None, c_void_p)
context_memory = _function("rtseg_context_memory", c_uint64, c_void_p)
run = _function("rtseg_run", c_int, c_void_p, POINTER(Image), POINTER(Result), c_size_t)


def check(status: int) -> None:
    """Raises an error for any status but success."""
    if status != 0:
        raise Error(_error_message().decode(errors="replace"))


def version() -> str:
    """The version of the library, such as "1.0.0"."""
    return _version().decode()


def instruction_set() -> str:
    """The instruction set that the library uses on this processor, such as "AVX2"."""
    return _instruction_set().decode()
