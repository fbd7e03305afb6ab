"""S027 icl_softmax_regression: In-Context Linear Regression Demystified: Training Dynamics and Mechanistic
Interpretability of Multi-Head Softmax Attention. z = z_q + sum_h ov_h (sum_l softmax_l(Z_l^T kq_h z_q) Z_l)."""
import numpy as np

from common import normal, softmax, up

SIGNATURE = (
    "tensor<?x?x16xf32>, tensor<?x?x1xf32>, tensor<?x?x16xf32>, tensor<2x17x17xf32>, "
    "tensor<2x17x17xf32>",
    "tensor<?x?x17xf32>",
)
CASES = [dict(B=2, Nq=6, L=40), dict(B=3, Nq=37, L=50), dict(B=1, Nq=11, L=333), dict(B=1, Nq=1, L=1)]
TOLERANCE = 2e-5
D, T, H = 16, 1, 2


def inputs(rng, B, Nq, L):
    x = normal(rng, B, L, D)
    y = normal(rng, B, L, T)
    xq = normal(rng, B, Nq, D)
    kq = normal(rng, H, D + T, D + T, scale=(D + T) ** -0.5)
    ov = normal(rng, H, D + T, D + T, scale=(D + T) ** -0.5)
    return [x, y, xq, kq, ov]


def reference(x, y, xq, kq, ov):
    x, y, xq, kq, ov = up(x, y, xq, kq, ov)
    example = np.concatenate([x, y], axis=-1)                                               # Z_l
    query = np.concatenate([xq, np.zeros(xq.shape[:-1] + (y.shape[-1],))], axis=-1)         # z_q
    z = query.copy()
    for h in range(kq.shape[0]):
        # the examples never include the query token, so masking the query out needs nothing more
        scores = np.einsum("bld,de,bqe->bql", example, kq[h], query)
        pooled = softmax(scores) @ example
        z += pooled @ ov[h].T                                                               # ov_h times a column
    return [z]
