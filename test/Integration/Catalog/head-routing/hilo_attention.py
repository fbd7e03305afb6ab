"""S054 hilo_attention: Fast Vision Transformers with HiLo Attention.
The first H-Hl heads attend inside ws x ws windows, the last Hl heads attend to the window means of keys and values."""
import math

import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x4x96x16xf32>, tensor<?x4x96x16xf32>, tensor<?x4x96x16xf32>",
    "tensor<?x4x96x16xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, HL, Y, X, D, WS = 4, 2, 8, 12, 16, 2


def inputs(rng, B):
    return [normal(rng, B, H, Y * X, D) for _ in range(3)]


def hilo(q, k, v, height, width):
    batch, heads, _, d = q.shape
    rows, columns = math.ceil(height / WS), math.ceil(width / WS)
    pad = ((0, 0), (0, 0), (0, rows * WS - height), (0, columns * WS - width), (0, 0))
    q, k, v = [np.pad(x.reshape(batch, heads, height, width, d), pad) for x in (q, k, v)]
    o = np.zeros_like(q)
    high = heads - HL
    key_mean = np.zeros((batch, HL, rows * columns, d))
    value_mean = np.zeros((batch, HL, rows * columns, d))
    for r in range(rows):
        for c in range(columns):
            ys, xs = slice(r * WS, (r + 1) * WS), slice(c * WS, (c + 1) * WS)
            wq, wk, wv = [x[:, :high, ys, xs].reshape(batch, high, WS * WS, d) for x in (q, k, v)]
            o[:, :high, ys, xs] = attention(wq, wk, wv, d ** -0.5).reshape(batch, high, WS, WS, d)
            key_mean[:, :, r * columns + c] = k[:, high:, ys, xs].mean(axis=(2, 3))
            value_mean[:, :, r * columns + c] = v[:, high:, ys, xs].mean(axis=(2, 3))
    low_query = q[:, high:].reshape(batch, HL, -1, d)
    o[:, high:] = attention(low_query, key_mean, value_mean, d ** -0.5).reshape(q[:, high:].shape)
    return o[:, :, :height, :width].reshape(batch, heads, height * width, d)


def reference(q, k, v):
    q, k, v = up(q, k, v)
    return [hilo(q, k, v, Y, X)]
