"""Writes .npz files with an array "hour" that numpy would hardly write.

Usage: malformed.py <folder>
"""

import sys
import zipfile
from pathlib import Path


def make_array(descr, shape, num_bytes=16):
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text = header.encode().ljust(117) + b"\n"
    size = len(text).to_bytes(2, "little")
    return b"\x93NUMPY\x01\x00" + size + text + bytes(num_bytes)


ARRAYS = {
    "empty": b"",
    "magic": b"\x93NUMPY",
    "header": b"\x93NUMPY\x01\x00\xff\xff{}",
    "long_header": b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b" " * 100,
    "no_type": make_array("''", "(2,)"),
    "no_kind": make_array("'<'", "(2,)"),
    "structure": make_array("[('a', '<i8')]", "(2,)"),
    "odd_width": make_array("'<i3'", "(2,)"),
    "wide": make_array("'<i16'", "(2,)", 32),
    "no_width": make_array("'<i0'", "(2,)"),
    "negative_width": make_array("'<i-8'", "(2,)"),
    "negative_string": make_array("'|S-4'", "(2,)"),
    "endless_string": make_array("'<U4611686018427387904'", "(2,)"),
    "short": make_array("'<i8'", "(3,)"),
    "negative_shape": make_array("'<i8'", "(-2,)"),
    "no_shape": make_array("'<i8'", "(a,)"),
    "overflow": make_array("'<i8'", "(2305843009213693952,)"),
    "overflow_of_axes": make_array("'<i8'", "(4611686018427387904, 4)"),
    "huge_batch": make_array("'<i8'", "(1099511627776, 0)", 0),
}

for name, content in ARRAYS.items():
    path = Path(sys.argv[1]) / f"{name}.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hour.npy", content)
