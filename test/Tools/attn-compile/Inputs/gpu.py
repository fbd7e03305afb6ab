# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Runs a C program at several lengths and compares the bits of its results with
# those of attn-run in the simulator: gpu.py PROGRAM.mlir FOLDER BINARY TARGET

import os
import subprocess
import sys

import numpy as np

program, folder, binary, target = sys.argv[1:]


def compare(rows, keys):
    """Runs the program on one pair of lengths."""
    generator = np.random.default_rng(rows * 1000 + keys)
    paths = [os.path.join(folder, name) for name in ("q.npy", "k.npy", "v.npy")]
    for path, length in zip(paths, (rows, keys, keys)):
        numbers = generator.standard_normal((1, 2, length, 64), dtype=np.float32)
        half = (numbers.view(np.uint32) >> 16).astype(np.uint16)
        np.save(path, half.view("V2"))
    raw, expected = os.path.join(folder, "out.raw"), os.path.join(folder, "e.npy")
    run = [os.path.join(folder, binary), str(rows), str(keys)] + paths + [raw]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    if rows:
        assert said.startswith("5: kernel attention"), said
        assert f"is compiled for {target}, and there is no device" in said, said
    subprocess.run(
        ["attn-run", program, f"--target={target}", "--device=sim"]
        + [f"--input={path}" for path in paths]
        + [f"--output={expected}"],
        check=True,
    )
    found = np.fromfile(raw, np.uint16)
    values = np.load(expected).view(np.uint16)
    assert found.size == values.size == 128 * rows
    assert rows == 0 or keys == 0 or (found & 0x7F80).max() > 0x3C00
    assert found.tobytes() == values.tobytes(), (rows, keys)


for lengths in ((0, 5), (1, 1), (63, 100), (100, 37)):
    compare(*lengths)
