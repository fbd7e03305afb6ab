# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention kernels against the formula."""

import numpy as np

from corpus import case, f32, i32, launch, out
from formats import bf16_bits, bf16_values

F32, F64 = np.float32, np.float64
LOG2E = 1.4426950408889634


def attention(q, k, v, scale, causal):
    """Returns softmax(scale q k^T) v for [heads, rows, size] in f64."""
    scores = scale * np.einsum("hqd,hkd->hqk", q.astype(F64), k.astype(F64))
    if causal:
        rows, columns = np.indices(scores.shape[1:])
        scores = np.where(columns <= rows, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    return np.einsum("hqk,hkd->hqd", weights, v.astype(F64))


def flash(rng, heads, queries, keys, causal):
    bits = [
        bf16_bits(rng.standard_normal((heads, rows, 64)).astype(F32))
        for rows in (queries, keys, keys)
    ]
    values = [bf16_values(x) for x in bits]
    expected = attention(*values, 0.125, causal).astype(F32)
    o = out(F32, expected.size)
    sizes = [i32(queries), i32(keys), f32(np.float32(0.125 * LOG2E)), i32(causal)]
    grid = (-(-queries // 64), heads)
    return launch("flash", grid, 128, [*bits, o, *sizes], [(o, expected, 1e-2)])


@case("CUDA/flash", mma=True)
def flash_full(rng):
    return flash(rng, 2, 70, 101, 0)


@case("CUDA/flash", mma=True)
def flash_causal(rng):
    return flash(rng, 2, 133, 133, 1)
