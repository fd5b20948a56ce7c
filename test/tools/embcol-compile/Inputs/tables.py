"""Writes the tables of program.mlir, and the vocabulary that it reads.

Usage: tables.py FOLDER [CHANGE], where CHANGE is one thing that is wrong:
shape, type, absent or truncated.
"""

import json
import sys
from pathlib import Path

folder, change = Path(sys.argv[1]), sys.argv[2:]


def halves(first, count):
    """Numbers from `first` on as bf16, which these are without rounding."""
    import numpy as np

    numbers = np.arange(first, first + count, dtype="<f4")
    return (numbers.view("<u4") >> 16).astype("<u2").tobytes()


def floats(first, count):
    import numpy as np

    return np.arange(first, first + count, dtype="<f4").tobytes()


# Rows of @hour are 100 101, 102 103, 104 105, of which the one in the middle is
# all of the second partition.
TENSORS = {
    "carrier": ("F32", [4, 3], floats(1, 12)),
    "hour/mod_0_of_2": ("F32", [2, 2], floats(100, 2) + floats(104, 2)),
    "hour/mod_1_of_2": ("F32", [1, 2], floats(102, 2)),
    "narrow": ("BF16", [2, 8], halves(1, 16)),
}
if "shape" in change:
    TENSORS["carrier"] = ("F32", [3, 4], floats(1, 12))
if "type" in change:
    TENSORS["narrow"] = ("F32", [2, 8], floats(1, 16))
if "absent" in change:
    del TENSORS["narrow"]

header, data = {}, b""
for name, (dtype, shape, content) in TENSORS.items():
    end = len(data) + len(content)
    header[name] = {
        "dtype": dtype,
        "shape": shape,
        "data_offsets": [len(data), end],
    }
    data += content
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
if "truncated" in change:
    data = data[:-1]
folder.mkdir(parents=True, exist_ok=True)
(folder / "tables.safetensors").write_bytes(
    len(text).to_bytes(8, "little") + text + data
)
(folder / "tails.txt").write_text("N1\nN2\nN3\n")
