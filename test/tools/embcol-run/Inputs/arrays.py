"""Writes arrays to a file.

Usage: arrays.py <file.npz or file.safetensors> <name>=<expression>...

Expressions may use all of numpy's names: `hour=int32([1, 2])`.
"""

import json
import sys

import numpy as np


def to_safetensors(arrays):
    header, data = {}, b""
    for name, array in arrays.items():
        begin, data = len(data), data + array.tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": array.shape,
            "data_offsets": [begin, len(data)],
        }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def main(path, *arguments):
    names = vars(np)
    pairs = [argument.split("=", 1) for argument in arguments]
    arrays = {name: np.asarray(eval(text, names)) for name, text in pairs}
    if path.endswith(".npz"):
        np.savez(path, **arrays)
    else:
        with open(path, "wb") as file:
            file.write(to_safetensors(arrays))


if __name__ == "__main__":
    main(*sys.argv[1:])
