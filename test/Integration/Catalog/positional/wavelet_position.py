"""S051 wavelet_position: Wavelet-based Positional Representation for Long Context.
o = causal softmax(scale (q_m.k_n + q_m.P(m-n))) v, where the channels of P are shifted and scaled Ricker wavelets."""
import numpy as np

from common import causal_mask, normal, softmax, up

SIGNATURE = (
    "tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x2x?x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, D, SCALES = 2, 16, 4


def inputs(rng, B, N):
    return [normal(rng, B, H, N, D) for _ in range(3)]


def wavelet_table(length, d):
    """P [length, d]: channel c has scale a = 2^(c div (d/s)) and shift b = c mod (d/s)."""
    table = np.zeros((length, d))
    for t in range(length):
        for c in range(d):
            a = 2.0 ** (c // (d // SCALES))
            b = c % (d // SCALES)
            u = (t - b) / a
            table[t, c] = (1 - u * u) * np.exp(-u * u / 2)
    return table


def reference(q, k, v):
    q, k, v = up(q, k, v)
    n, d = q.shape[2:]
    distance = np.arange(n)[:, None] - np.arange(n)[None, :]
    relative = wavelet_table(n, d)[np.maximum(distance, 0)]         # keys after the query are masked
    scores = d ** -0.5 * (q @ k.swapaxes(-1, -2) + np.einsum("bhmd,mnd->bhmn", q, relative))
    return [softmax(scores, causal_mask(n)) @ v]
