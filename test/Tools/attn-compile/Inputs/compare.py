# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Runs the C programs at several lengths and compares the bits of their results
# with those of attn-run on the same inputs: compare.py PROGRAM.mlir FOLDER

import os
import subprocess
import sys

import numpy as np


def compare(program, folder, binary, rows, keys, layout):
    """Runs one binary on one pair of lengths."""
    names = ("q", "k", "v", "c", "mlir")
    paths = {name: os.path.join(folder, name + ".npy") for name in names}
    files = [paths[name] for name in names[:4]]
    command = [os.path.join(folder, binary), "run", str(rows), str(keys), layout]
    subprocess.run(command + files, check=True)
    subprocess.run(
        ["attn-run", program]
        + [f"--input={paths[name]}" for name in names[:3]]
        + [f"--output={paths['mlir']}"],
        check=True,
    )
    found, expected = np.load(paths["c"]), np.load(paths["mlir"])
    assert np.load(paths["q"]).shape == (2, 4, rows, 32)
    assert found.shape == expected.shape == (2, 4, rows, 32)
    assert np.isfinite(expected).all()
    assert rows == 0 or keys == 0 or np.abs(expected).max() > 0.1
    assert found.tobytes() == expected.tobytes(), (binary, rows, keys, layout)


for layout in ("dense", "strided", "given"):
    for rows, keys in ((0, 0), (0, 5), (1, 0), (1, 1), (7, 63), (100, 100), (129, 130)):
        compare(*sys.argv[1:], "static" if rows % 2 else "shared", rows, keys, layout)
for rows, keys in ((100, 100), (65, 3)):
    compare(*sys.argv[1:], "static", rows, keys, "strided")
    compare(*sys.argv[1:], "shared", rows, keys, "strided")
