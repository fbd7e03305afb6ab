"""S001 random_feature_attention_layer: What can a Single Attention Layer Learn? A Study Through the Random
Features Lens. y_q = sum over heads m and keys n of relu(q'^T W_m k'_n) / N * (v_m . k'_n), x' = [x; 1]."""
import numpy as np

from common import normal, up

SIGNATURE = (
    "tensor<?x?x16xf32>, tensor<?x?x16xf32>, tensor<?x17x17xf32>, tensor<?x17xf32>",
    "tensor<?x?xf32>",
)
CASES = [
    dict(B=2, Q=8, N=48, M=64),
    dict(B=3, Q=37, N=50, M=70),
    dict(B=1, Q=21, N=333, M=64),
    dict(B=1, Q=1, N=1, M=16),      # a single head may well give an exact zero
]
TOLERANCE = 2e-5
D = 16


def inputs(rng, B, Q, N, M):
    def unit(*shape):
        x = rng.standard_normal(shape)
        return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)

    xq = unit(B, Q, D)
    xk = unit(B, N, D)
    w = normal(rng, M, D + 1, D + 1, scale=0.5)     # variance 1/4
    v = normal(rng, M, D + 1)
    return [xq, xk, w, v]


def reference(xq, xk, w, v):
    xq, xk, w, v = up(xq, xk, w, v)
    batch, queries, _ = xq.shape
    keys = xk.shape[1]
    query = np.concatenate([xq, np.ones((batch, queries, 1))], axis=-1)
    key = np.concatenate([xk, np.ones((batch, keys, 1))], axis=-1)
    y = np.zeros((batch, queries))
    for m in range(w.shape[0]):
        scores = query @ w[m] @ key.transpose(0, 2, 1)
        weights = np.maximum(scores, 0.0) / keys
        values = key @ v[m]
        y += np.einsum("bqn,bn->bq", weights, values)
    return [y]
