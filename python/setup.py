"""Puts the shared library into the package, and names the systems that the wheel is for."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
LIBRARY = "librtseg.so.1"


def library() -> Path:
    """The library that RTSEG_LIBRARY names, or the one in the package."""
    chosen = os.environ.get("RTSEG_LIBRARY")
    path = Path(chosen) if chosen else HERE / "src/rtseg" / LIBRARY
    if not path.is_file():
        raise SystemExit(
            f"{path}: there is no library. Build it as README.md tells, and set RTSEG_LIBRARY to the path of {LIBRARY}.")
    return path


def version() -> str:
    """The version in rtseg.h beside the sources, or the one that a source distribution was made from."""
    header = HERE.parent / "Sources/CRuntime/include/rtseg.h"
    numbers = re.findall(r"#define RTSEG_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header.read_text())
    return ".".join(numbers)


class BuildPython(build_py):
    def run(self):
        super().run()
        shutil.copy(library(), Path(self.build_lib) / "rtseg" / LIBRARY)


class BuildWheel(bdist_wheel):
    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        # The newest version of glibc whose symbols the library uses.
        symbols = subprocess.run(["objdump", "-T", str(library())], check=True, capture_output=True, text=True).stdout
        major, minor = max(tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", symbols))
        machine = super().get_tag()[2].removeprefix("linux_")
        return "py3", "none", f"manylinux_{major}_{minor}_{machine}"


class BinaryDistribution(Distribution):
    def has_ext_modules(self):
        return True


setup(version=version(), distclass=BinaryDistribution, cmdclass={"build_py": BuildPython, "bdist_wheel": BuildWheel})
