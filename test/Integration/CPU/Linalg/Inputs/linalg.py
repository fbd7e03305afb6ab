"""Runs functions made of linalg ops and compares them with numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

Usage: linalg.py FILE.mlir GROUP CPU. Every function of the group runs on sizes
that are zero, one, odd, and larger than a block of registers.
"""
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

np.seterr(all="ignore")
rng = np.random.default_rng(11)
PAIRS = [(0, 5), (5, 0), (1, 1), (1, 100), (39, 16), (16, 39), (100, 7)]
TRIPLES = [(0, 3, 5), (3, 0, 5), (3, 5, 0), (1, 1, 1), (7, 5, 33), (16, 64, 64), (39, 17, 100), (97, 40, 18)]


def normal(*shape, dtype=np.float32, scale=1.0):
    return (scale * rng.standard_normal(shape)).astype(dtype)


def to_bf16(x):
    """f32 rounded to bf16, as two bytes."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16).view("V2")


def from_bf16(x):
    return (x.view(np.uint16).astype(np.uint32) << 16).view(np.float32)


def wide(x):
    return (from_bf16(x) if x.dtype == np.dtype("V2") else x).astype(np.float64)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True, initial=-np.inf))
    return e / e.sum(-1, keepdims=True)


def contractions():
    for m, k, n in TRIPLES:
        a, b = normal(m, k), normal(k, n)
        yield "matmul", [a, b], [wide(a) @ wide(b)]
        yield "matmul_transposed", [a, b.T.copy()], [wide(a) @ wide(b)]
        a64, b64 = normal(m, k, dtype=np.float64), normal(k, n, dtype=np.float64)
        yield "matmul_f64", [a64, b64], [a64 @ b64]
        a16, b16 = normal(m, k, dtype=np.float16), normal(k, n, dtype=np.float16)
        yield "matmul_f16", [a16, b16], [wide(a16) @ wide(b16)]
        bf = [to_bf16(a), to_bf16(b)]
        yield "matmul_bf16", bf, [wide(bf[0]) @ wide(bf[1])]
        x, w = normal(2, m, k), normal(k, 3, n)
        yield "heads", [x, w], [np.einsum("bnc,chd->bhnd", wide(x), wide(w))]
        q, t = normal(2, m, 24), normal(2, n, 24)
        yield "scores", [q, t], [np.einsum("bmd,bnd->bmn", wide(q), wide(t))]
    for h, w in [(3, 3), (5, 19), (12, 40)]:
        x, f = normal(1, h, w, 3), normal(3, 3, 3, 8)
        windows = np.lib.stride_tricks.sliding_window_view(wide(x), (3, 3), axis=(1, 2))
        yield "convolution", [x, f], [np.einsum("bhwcij,ijcf->bhwf", windows, wide(f))]


def reductions():
    for m, n in PAIRS:
        x = normal(m, n)
        # Without cancellation, so that the relative error says something.
        yield "row_sum", [abs(x)], [wide(abs(x)).sum(1)]
        yield "column_sum", [abs(x)], [wide(abs(x)).sum(0)]
        if n > 0:
            yield "softmax", [x], [softmax(wide(x))]
            yield "argmax", [x], [x.max(1), x.argmax(1).astype(np.int32)]
        bits = rng.random((m, n)) < 0.05
        yield "any_and_count", [bits], [bits.any(1), bits.sum(1).astype(np.float64)]
    for n in [2, 7, 31]:
        x = normal(2, n, 20)
        pooled = x[:, : n // 2 * 2].reshape(2, n // 2, 2, 20).max(2)
        yield "max_pool", [x], [pooled]


def elementwise():
    erf = np.vectorize(math.erf, otypes=[np.float64])
    for m, n in PAIRS:
        x, bias = normal(m, n), normal(n)
        y = wide(x) + wide(bias)
        yield "gelu", [x, bias], [0.5 * y * (1 + erf(y * math.sqrt(0.5)))]
        yield "transpose", [x], [x.T]
        i, j = np.indices((m, n))
        yield "compare", [x], [x > 0, (i * j // 3).astype(np.int32)]
        mask = rng.random((m, n)) < 0.5
        yield "select", [mask, x], [np.where(mask, x, 0)]
        bf = to_bf16(x)
        yield "scale_bf16", [bf], [wide(to_bf16(1.5 * from_bf16(bf)))]
    for n in [1, 17, 200]:
        x = normal(n, scale=5)
        special = np.array([np.inf, -np.inf, np.nan, 0, -0.0, -90, 90, 128, -150, 1e-8, 1e5, 1e30], np.float32)
        for values in [x, special]:
            v, a = wide(values), abs(wide(values))
            functions = [np.exp(v), np.exp2(v), np.tanh(v), np.sin(v), np.cos(v), np.log(a), np.log1p(a), 1 / np.sqrt(a), erf(v)]
            yield "functions", [values], [f.astype(np.float32) for f in functions]


def gathers():
    for rows, n, d in [(1, 1, 1), (50, 23, 37), (9, 100, 64), (5, 0, 3)]:
        x, idx = normal(rows, d), rng.integers(0, rows, n).astype(np.int32)
        yield "gather_rows", [x, idx], [x[idx]]
        yield "gather_elements", [x[:, 0].copy(), idx], [x[idx, 0]]
    for m, n in [(0, 3), (1, 1), (13, 40)]:
        x, y = normal(m, 5), normal(n, 5)
        yield "pad_and_concat", [x, y], [np.pad(np.concatenate([x, y]), [(0, 0), (1, 3)], constant_values=1)]
        z = normal(m, n)
        yield "running_sum", [z], [np.cumsum(wide(z), axis=0)]


TOLERANCE = {np.dtype(np.float16): 1e-3, np.dtype(np.float32): 2e-6, np.dtype(np.float64): 1e-13, np.dtype("V2"): 4e-3}


def run(module, cpu, name, inputs, count):
    with tempfile.TemporaryDirectory() as folder:
        command = ["attn-run", module, f"--entry={name}", f"--cpu={cpu}"]
        for number, value in enumerate(inputs):
            path = os.path.join(folder, f"in{number}.npy")
            np.save(path, value)
            command.append(f"--input={path}")
        outputs = [os.path.join(folder, f"out{i}.npy") for i in range(count)]
        subprocess.run(command + [f"--output={o}" for o in outputs], check=True)
        return [np.load(o) for o in outputs]


def compare(name, index, got, want):
    """Integers agree exactly; numbers to the tolerance of their type."""
    place = f"{name}, output {index}, shape {got.shape}"
    assert got.shape == want.shape, f"{place}: expected shape {want.shape}"
    if got.dtype.kind in "bi":
        assert got.dtype == want.dtype and (got == want).all(), place
        return
    tolerance = TOLERANCE[got.dtype]
    got, want = wide(got), want.astype(np.float64)
    finite = np.isfinite(want)
    assert np.array_equal(got[~finite], want[~finite], equal_nan=True), place
    error = np.linalg.norm((got - want)[finite]) / (np.linalg.norm(want[finite]) or 1)
    assert error <= tolerance, f"{place}: error {error:.1e}"


def main():
    module, group, cpu = sys.argv[1:]
    names = set()
    for name, inputs, expected in globals()[group]():
        for index, pair in enumerate(zip(run(module, cpu, name, inputs, len(expected)), expected)):
            compare(name, index, *pair)
        names.add(name)
    for name in sorted(names):
        print("ok", name)


main()
