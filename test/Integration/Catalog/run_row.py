# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs one mechanism of the catalog at all its sizes against its reference.

Usage: run_row.py ATTN_RUN ROW.mlir

Beside ROW.mlir lies ROW.py with the cases, the inputs and the numpy reference.
Every case runs compiled code; the first case and the smallest also run the
reference semantics of the compiler. Prints one line per run and fails if an
output is further from the reference than its tolerance.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile

import numpy as np


def load_module(path):
    sys.path.insert(0, os.path.dirname(os.path.dirname(path)))
    spec = importlib.util.spec_from_file_location("row", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(attn_run, source, entry, arrays, count, options):
    """Returns the outputs of the compiled function."""
    with tempfile.TemporaryDirectory() as folder:
        command = [attn_run, source, f"--entry={entry}", *options]
        for number, array in enumerate(arrays):
            path = os.path.join(folder, f"in{number}.npy")
            np.save(path, array)
            command.append(f"--input={path}")
        outputs = [os.path.join(folder, f"out{number}.npy") for number in range(count)]
        command += [f"--output={path}" for path in outputs]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{entry} {options}: attn-run failed\n{done.stderr}")
        return [np.load(path) for path in outputs]


def compare(found, expected, tolerance):
    """Returns the relative Frobenius error, infinite where shapes or values are off."""
    if found.shape != expected.shape:
        return float("inf"), f"shape {found.shape}, expected {expected.shape}"
    if np.issubdtype(found.dtype, np.integer) or found.dtype == bool:
        differing = int((found != expected).sum())
        return (float("inf") if differing else 0.0), f"{differing} integers differ"
    # Equal infinities agree; NaN never does.
    same = np.isinf(expected) & (found == expected)
    found = np.where(same, 0.0, found.astype(np.float64))
    expected = np.where(same, 0.0, expected)
    norm = np.linalg.norm(expected)
    error = np.linalg.norm(found - expected) / (norm if norm else 1.0)
    return (float("inf") if np.isnan(error) else error), f"{error:.1e}"


def main():
    attn_run, source = sys.argv[1:3]
    row = load_module(source.removesuffix(".mlir") + ".py")
    entry = os.path.basename(source).removesuffix(".mlir")
    failed = False
    smallest = min(range(len(row.CASES)), key=lambda n: sum(row.CASES[n].values()))
    for number, case in enumerate(row.CASES):
        arrays = row.inputs(np.random.default_rng(number), **case)
        expected = row.reference(*arrays)
        modes = [[]] + ([["--reference"]] if number in (0, smallest) else [])
        for options in modes:
            found = run(attn_run, source, entry, arrays, len(expected), options)
            tolerances = row.TOLERANCE
            if not isinstance(tolerances, (list, tuple)):
                tolerances = [tolerances] * len(expected)
            results = [compare(f, e, t) for f, e, t in zip(found, expected, tolerances)]
            bad = any(error > t for (error, _), t in zip(results, tolerances))
            failed |= bad
            sizes = " ".join(f"{name}={size}" for name, size in case.items())
            errors = " ".join(text for _, text in results)
            how = "reference" if options else "cpu"
            print(f"{'FAIL' if bad else 'ok'} {entry} {how} [{sizes}] {errors}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
