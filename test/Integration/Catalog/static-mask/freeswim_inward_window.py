"""S037 freeswim_inward_window: FreeSwim: Revisiting Sliding-Window Attention Mechanisms for Training-Free
Ultra-High-Resolution Video Generation. Branch 0: a spatial window of constant size around every query, all frames;
branch 1: full attention; the text is attended by branch 1 for both."""
import math

import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>, "
    "tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32>",
    "tensor<2x2x126x16xf32>, tensor<2x2x126x16xf32>",
)
CASES = [dict(M=12), dict(M=67), dict(M=333), dict(M=5)]
TOLERANCE = 2e-5
H, T, Y, X, D = 2, 2, 7, 9, 16
HALF_Y, HALF_X = 1, 2
NATIVE_TOKENS = 1560


def inputs(rng, M):
    tokens = [normal(rng, 2, H, T * Y * X, D) for _ in range(4)]
    return tokens + [normal(rng, 1, H, M, D) for _ in range(2)]


def axis_mask(length, half):
    """[length, length]: the window around a position, pushed inward at the borders."""
    at = np.arange(length)[:, None]
    key = np.arange(length)[None, :]
    low = at - half - np.maximum(half + at - length + 1, 0)
    high = at + half + np.maximum(half - at, 0)
    return (low <= key) & (key <= high)


def window_mask(t, y, x):
    """[N, N] over row-major tokens: time is unrestricted."""
    return np.kron(np.ones((t, t)), np.kron(axis_mask(y, HALF_Y), axis_mask(x, HALF_X))).astype(bool)


def reference(q, k, v, qc, kt, vt):
    q, k, v, qc, kt, vt = up(q, k, v, qc, kt, vt)
    d = q.shape[-1]
    mask = np.ones((2, 1, T * Y * X, T * Y * X), dtype=bool)
    mask[0] = window_mask(T, Y, X)
    scale = math.sqrt(math.log(2 * NATIVE_TOKENS) / math.log(NATIVE_TOKENS) / d)
    cross = attention(qc[1:], kt, vt, d ** -0.5)
    return [attention(q, k, v, scale, mask), np.concatenate([cross, cross])]
