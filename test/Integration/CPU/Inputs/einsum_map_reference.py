"""Evaluates the functions of einsum-map-reference.mlir with numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import sys

import numpy as np

import reference
from reference import check_fails, from_bf16, normal, rng, to_bf16

module = sys.argv[1]


def check(name, inputs, *expected, tolerance=None):
    reference.check_both(module, name, inputs, expected, tolerance)


def wide(*arrays):
    return [np.asarray(a, np.float64) for a in arrays]


for n, c, d in ((5, 7, 6), (33, 16, 17), (1, 1, 1), (0, 3, 2), (3, 0, 2)):
    x, y = normal(n, c), normal(c, d)
    check("matmul", [x, y], (np.matmul(*wide(x, y))).T)
check_fails(module, "matmul", [normal(3, 4), normal(5, 6)], 1,
            "attn.einsum: extent of 'c' in operand 1: expected 4, found 5")
for b, n in ((2, 7), (1, 0)):
    x, w, bias = normal(b, n, 6), normal(6, 4, 5), normal(4, 5)
    check("project", [x, w, bias],
          np.einsum("bnc,chd->bhnd", *wide(x, w)) + bias[None, :, None].astype(np.float64))
check("ones", [np.ones(3000, np.float16)], np.float16(3000))
x, y = to_bf16(normal(5, 40)), to_bf16(normal(40, 6))
check("brain", [x, y], np.matmul(*wide(from_bf16(x), from_bf16(y))), tolerance=1e-2)
x, y, s, b = normal(5), rng.standard_normal(4), np.array(1.5, np.float32), normal(4)
check("outer", [x, y, s, b], 1.5 * y[:, None] * x + b[:, None].astype(np.float64))

x, w, idx, b = normal(2, 7, 6), normal(3, 6, 5), rng.integers(0, 3, (2, 7, 2)).astype(np.int32), normal(3, 5)
check("experts", [x, w, idx, b], np.einsum("bnc,bnscd->bnsd", *wide(x, w[idx])) + b[idx])
# An expert out of range is 0.
idx[0, 0, 0], idx[1, 2, 1] = -1, 3
expected = np.einsum("bnc,bnscd->bnsd", *wide(x, w[idx % 3])) + b[idx % 3]
expected[0, 0, 0] = expected[1, 2, 1] = 0
check("experts", [x, w, idx, b], expected)

x, w = normal(9, 4), normal(3, 4)
padded = np.pad(x, ((1, 1), (0, 0))).astype(np.float64)
check("convolution", [x, w], sum(padded[t : t + 9] * w[t] for t in range(3)) * x)
x = normal(6, 6)
check("trace", [x], np.trace(x.astype(np.float64)))
check_fails(module, "trace", [normal(6, 5)], 1, "attn.einsum: extent of 'n' in operand 0: expected 6, found 5")
sy, tx, x = normal(3, 7), normal(4, 6), normal(2, 2, 7, 6)
check("resample", [sy, tx, x], np.einsum("sy,tx,bcyx->bcst", *wide(sy, tx, x)))
chain = [a.astype(np.float16) for a in (normal(5, 6), normal(6, 7), normal(7, 4), normal(4))]
check("chain", chain, np.einsum("ik,kl,lm,m->mi", *wide(*chain)), tolerance=4e-3)

o, g = normal(3, 2, 5, 4), normal(3, 5, 2)
check("gate", [o, g], o * g.transpose(0, 2, 1)[..., None])
check_fails(module, "gate", [o, normal(3, 4, 2)], 1, "attn.map: extent of 'n' in 'w': expected 5, found 4")
for n in (6, 0):
    t, c = np.arange(n)[:, None], np.arange(4)[None, :]
    check("numbers", [n, -2], 3 * t - c, t - 2 + 0 * c, (t - c) % 3 == c)
x, idx, long = normal(6, 5), np.array([3, 0, -1, 5, 6, 1, 1], np.int32), normal(9, 8)
shifted = np.pad(x, ((1, 0), (0, 0)))
taken = np.where(((idx >= 0) & (idx < 6))[:, None], x[np.clip(idx, 0, 5)], 0)
for n in (6, 2):
    check("gather", [x, idx, long, n], (taken[:n] + shifted[:n]) * long[:n, :5])
check_fails(module, "gather", [x, idx, long, 8], 1, "attn.map: extent of 't' in 'i': expected at least 8, found 7")
x = normal(9).astype(np.float16)
check("half", [x], np.exp(x.astype(np.float64)), tolerance=2e-3)
x = normal(9)
check("branch", [x], np.where(x < 0, np.exp(x.astype(np.float64)), x), tolerance=1e-6)
