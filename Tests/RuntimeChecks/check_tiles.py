"""Checks that the sums of tiles stay in registers: the loop that adds products in each function `tile<...>` must move
none to another register or to the stack. A tile that the compiler spoils gives the same
results in twice the time.

usage: check_tiles.py LIBRARY.a
"""
import re
import subprocess
import sys

PRODUCT = re.compile(r"v(fn?m(add|sub)\d+ps|pmaddwd|pmaddubsw|pdpbusd|dpbf16ps)$")
INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\t(?:\{vex\} )?(\S+)\s*(.*)")


def hot_loop(code):
    """The shortest loop with the most products; none if there are no products in a loop."""
    instructions = [(int(m[1], 16), m[2], m[3]) for m in map(INSTRUCTION.match, code.splitlines()) if m]
    loops = []
    for address, operation, operands in instructions:
        target = re.match(r"[0-9a-f]+", operands) if operation.startswith("j") else None
        if target and int(target[0], 16) <= address:
            loop = [one for one in instructions if int(target[0], 16) <= one[0] <= address]
            loops.append((sum(bool(PRODUCT.match(one[1])) for one in loop), -len(loop), loop))
    return max(loops, default=(0, 0, []))[2] if any(loop[0] for loop in loops) else []


def main():
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-C", sys.argv[1]], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    checked, failures = 0, []
    for name, code in re.findall(r"^[0-9a-f]+ <([^\n]*::tile<[^\n]*)>:\n((?:[ \t]+[^\n]*\n)+)", text, re.M):
        loop = hot_loop(code)
        # Other sets have no fused product, whose instructions need moves.
        if not loop or not re.search(r"\bck::avx", name):
            continue
        checked += 1
        moved = [one for one in loop if re.match(r"vmov(ap|up|dq)", one[1]) and ("(" not in one[2] or "(%rsp)" in one[2])]
        if moved:
            failures.append(f"{name.partition('(')[0]}: {len(moved)} of {len(loop)} instructions move sums")
    print(f"{checked} tiles")
    # Seven kinds of tiles for four instruction sets, each with a function for each number of pixels.
    if checked < 200:
        sys.exit("check_tiles: too few tiles were found; did their names change?")
    if failures:
        sys.exit("check_tiles: sums do not stay in registers:\n" + "\n".join(failures))


main()
