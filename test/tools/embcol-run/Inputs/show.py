"""Prints the arrays of a .npz file: name, type and elements."""

import sys

import numpy as np

for name, array in sorted(np.load(sys.argv[1]).items()):
    print(name, array.dtype, array.tolist())
