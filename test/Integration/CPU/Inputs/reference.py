"""Runs functions, by default under the reference semantics, and compares them with numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import os
import subprocess
import sys
import tempfile

import numpy as np

np.seterr(all="ignore")
rng = np.random.default_rng(11)
INF, NAN = np.inf, np.nan
TOLERANCE = {np.float16: 2e-3, np.float32: 1e-6, np.float64: 1e-13}
COMPILED = {np.float16: 4e-3, np.float32: 2e-5, np.float64: 1e-12}


def normal(*shape, dtype=np.float32):
    return rng.standard_normal(shape).astype(dtype)


def to_bf16(x):
    """The bits of x rounded to bf16, ties to even, as numpy writes them."""
    bits = np.asarray(x, np.float32).view(np.uint32)
    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return bits.astype(np.uint16).view("V2")


def from_bf16(x):
    return (x.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def call(module, name, inputs, outputs, mode="--reference"):
    """The process that runs `name`, and its results: one array per output."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["attn-run", module, f"--entry={name}"]
        command += [mode] if mode else []
        for number, value in enumerate(inputs):
            if np.isscalar(value):
                command.append(f"--input=value:{value}")
                continue
            path = os.path.join(folder, f"in{number}.npy")
            np.save(path, value)
            command.append(f"--input={path}")
        paths = [os.path.join(folder, f"out{i}.npy") for i in range(outputs)]
        command += [f"--output={path}" for path in paths]
        process = subprocess.run(command, capture_output=True, text=True)
        if process.returncode:
            return process, []
        return process, [np.load(path) for path in paths]


def check(module, name, inputs, expected, tolerance=None, mode="--reference"):
    """Runs `name` on `inputs`; NaN and infinities must agree exactly."""
    process, results = call(module, name, inputs, len(expected), mode)
    if process.returncode:
        sys.exit(f"{name}: {process.stderr}")
    for i, (got, want) in enumerate(zip(results, expected)):
        want = np.asarray(want)
        limit = tolerance or (TOLERANCE if mode else COMPILED).get(got.dtype.type, 0)
        if got.dtype == np.dtype("V2"):
            got, limit = from_bf16(got), 1e-2
        if got.shape != want.shape:
            sys.exit(f"{name}: result {i} of shape {got.shape}, not {want.shape}")
        got, want = got.astype(np.float64), want.astype(np.float64)
        if not np.allclose(got, want, limit, limit, equal_nan=True):
            sys.exit(f"{name}: result {i} is\n{got}\nexpected\n{want}")
    print("ok", name, "under the reference" if mode else "compiled")


def check_both(module, name, inputs, expected, tolerance=None):
    """Checks `name` under the reference semantics, and compiled."""
    check(module, name, inputs, expected, tolerance)
    check(module, name, inputs, expected, tolerance, mode=None)


def check_fails(module, name, inputs, outputs, message):
    """Runs `name` on `inputs`, which must end the program with `message`."""
    process, _ = call(module, name, inputs, outputs)
    if not process.returncode:
        sys.exit(f"{name}: expected an error")
    if message not in process.stderr:
        sys.exit(f"{name}: expected the error '{message}', found\n{process.stderr}")
    print("ok", name, "fails")
