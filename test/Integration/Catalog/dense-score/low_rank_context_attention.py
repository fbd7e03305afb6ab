"""S130 low_rank_context_attention: Low Rank Factorization for Compact Multi-Head Self-Attention.
f_n = tanh((P^T c) * (Q^T h_n)) of unit length over the heads, attn_m = softmax over valid n of f_nm, o_m = attn_m h."""
import numpy as np

from common import normal, softmax, up

SIGNATURE = (
    "tensor<?x?x32xf32>, tensor<32xf32>, tensor<32x?xf32>, tensor<32x?xf32>, tensor<?x?xi1>",
    "tensor<?x?xf32>, tensor<?x?x?xf32>",
)
CASES = [dict(B=2, N=64, M=8), dict(B=3, N=67, M=8), dict(B=1, N=333, M=5), dict(B=2, N=5, M=3)]
TOLERANCE = 2e-5
C, TINY = 32, 1e-12


def inputs(rng, B, N, M):
    h, c = normal(rng, B, N, C), normal(rng, C)
    p, q = [normal(rng, C, M, scale=C ** -0.5) for _ in range(2)]
    valid = np.arange(N) < rng.integers(1, N + 1, (B, 1))
    return [h, c, p, q, valid]


def scores(h, c, p, q):
    """[B, N, M], every row of unit length."""
    f = np.tanh((c @ p) * (h @ q))
    return f / np.maximum(np.linalg.norm(f, axis=-1, keepdims=True), TINY)


def reference(h, c, p, q, valid):
    h, c, p, q = up(h, c, p, q)
    attn = softmax(scores(h, c, p, q).swapaxes(-1, -2), valid[:, None])     # [B, M, N]
    return [(attn @ h).reshape(len(h), -1), attn]
