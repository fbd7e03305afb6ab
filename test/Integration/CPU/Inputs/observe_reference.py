"""Evaluates the functions of observe-reference.mlir with numpy.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
import sys

import numpy as np

from reference import INF, NAN, check_both, check_fails, normal, rng

module = sys.argv[1]


def dots(q, k):
    return np.einsum("bhid,bhjd->bhij", q.astype(np.float64), k.astype(np.float64))


def join(shape, init, kind, entries):
    """Joins (position, value) one after the other, where there is a position."""
    out = np.full(shape, init, np.float64)
    for position, value in entries:
        if all(0 <= p < size for p, size in zip(position, shape)):
            old = out[position]
            out[position] = old + value if kind == "add" else kind(old, value)
    return out


for n, m in ((5, 7), (9, 8), (1, 1), (0, 3), (3, 0)):
    q, k = normal(2, 2, n, 4), normal(2, 1, m, 4)
    x = 0.5 * dots(q, np.repeat(k, 2, 1))
    shown = np.arange(m)[None, :] < np.arange(n)[:, None]
    weight = np.where(shown, np.exp(x), 0)
    total = weight.sum(-1, keepdims=True)
    p = np.where(total == 0, 0, weight / total)
    entropy = np.where(p == 0, 0, -p * np.log(p))
    hidden = k.copy()
    if m == 7:
        hidden[:, :, 4:] = NAN
    check_both(module, "received", [q, hidden], [p.sum((1, 2)), entropy.sum(-1)], tolerance=1e-5)

    q, k, w = normal(2, 2, n, 4), normal(2, 2, m, 4), np.array([0.5, -2], np.float32)
    x = dots(q, k)
    pairs = [(b, h, i, j) for b, h, i, j in np.ndindex(2, 2, n, m) if 3 * (j // 3) <= i]
    expected = [
        join((2, 2, -(-n // 4), -(-m // 3)), -100, max,
             [((b, h, i // 4, j // 3), x[b, h, i, j]) for b, h, i, j in pairs]),
        join((2,), INF, min, [((h,), x[b, h, i, j] * w[h]) for b, h, i, j in pairs]),
        join((9,), -INF, max, [((i - j + 2,), x[b, h, i, j]) for b, h, i, j in pairs]),
        join((max(2 + n, 0),), 0.5, "add", [((2 * (j % 2) + i,), j % 2) for b, h, i, j in pairs]),
    ]
    check_both(module, "blocks", [q, k, w], expected, tolerance=1e-5)

q, ids = rng.standard_normal((1, 1, 7, 4)), rng.integers(-1, 4, 7).astype(np.int32)
x = dots(q, q)
x[0, 0, np.arange(7), np.arange(7)] = -INF
lse = np.log(np.exp(x).sum(-1))
p = np.exp(x - lse[..., None])
expected = join((3, 3), 0, "add", [((ids[i], ids[j]), p[0, 0, i, j]) for i, j in np.ndindex(7, 7)])
check_both(module, "clusters", [q, ids, lse], [expected], tolerance=1e-12)
# One key, whose score is -inf: the row is empty, not NaN.
check_both(module, "clusters", [q[:, :, :1], ids[:1] * 0, np.full((1, 1, 1), -INF)], [np.zeros((3, 3))])
check_fails(module, "clusters", [q, ids, lse[:, :, :6]], 1,
            "attn.observe: extent of 'i' in the lse: expected 7, found 6")
