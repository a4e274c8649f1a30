"""Makes the folder shards beside this file: the same small data set as tar archives of Python's tarfile and of GNU tar, in
the forms that they know. Needs Python 3 and GNU tar: python3 make_shards.py.

Each archive has four samples. The image of number n (4x6 pixels) has the color (40 n, 20, 30), and all pixels of its mask
have the value n % 3. There are also a folder, a file of another kind, and names of more than 100 bytes.
"""
import io
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zlib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "shards"
# The third fits into the two fields of ustar, the fourth into no header.
KEYS = ["a", "street/b", "street/" + "c" * 70 + "/" + "c" * 60, "street/" + "d" * 130]


def png(height, width, channels, values):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    rows = b"".join(b"\0" + bytes(values) * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def files(keys):
    for number, key in enumerate(keys):
        yield f"{key}.json", b'{"number": %d}' % number
        yield f"{key}.png", png(4, 6, 3, [40 * number, 20, 30])
        yield f"{key}.seg.png", png(4, 6, 1, [number % 3])


def python(name, format, keys):
    with tarfile.open(FOLDER / name, "w", format=format) as archive:
        folder = tarfile.TarInfo("street")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for path, content in files(keys):
            member = tarfile.TarInfo(path)
            member.size, member.mtime, member.uname = len(content), 1700000000, "somebody"
            archive.addfile(member, io.BytesIO(content))


def gnu(name, format, keys):
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files(keys):
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        extra = ["--pax-option=exthdr.name=%d/pax/%f,delete=atime,delete=ctime"] if format == "posix" else []
        subprocess.run(
            ["tar", f"--format={format}", "--sort=name", "--mtime=@1700000000", "--owner=0", "--group=0", "--numeric-owner",
             *extra, "-C", folder, "-cf", FOLDER / name, "."], check=True, env={**os.environ, "LC_ALL": "C"})


shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir()
python("python-ustar.tar", tarfile.USTAR_FORMAT, KEYS[:3])
python("python-pax.tar", tarfile.PAX_FORMAT, KEYS)
python("python-gnu.tar", tarfile.GNU_FORMAT, KEYS)
gnu("gnu-v7.tar", "v7", KEYS[:2])
gnu("gnu-ustar.tar", "ustar", KEYS[:3])
gnu("gnu-posix.tar", "posix", KEYS)
gnu("gnu-gnu.tar", "gnu", KEYS)
