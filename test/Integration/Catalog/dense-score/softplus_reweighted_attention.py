"""S127 softplus_reweighted_attention: Softplus Attention with Re-weighting Boosts Length Extrapolation in Large
Language Models. A = l1-normalised softplus(ln D ln n_i cos(q_i, k_j)); W = l1-normalised relu(n_i A - off_i)^15."""
import numpy as np

from common import causal_mask, normal, up

SIGNATURE = (
    "tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = [2e-4, 2e-5]            # o (through the 15th power), o_lssa
H, D = 2, 16
POWER, OFFSET_FREE_ROWS = 15, 3


def inputs(rng, B, N):
    return [normal(rng, B, H, N, D) for _ in range(3)]


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def reference(q, k, v):
    q, k, v = up(q, k, v)
    n, d = q.shape[2:]
    mask = causal_mask(n)
    count = np.arange(1, n + 1)[:, None]                                        # n_i = i + 1
    cosine = unit(q) @ unit(k).swapaxes(-1, -2)
    weights = np.where(mask, np.logaddexp(0.0, np.log(d) * np.log(count) * cosine), 0.0)    # softplus
    weights = weights / weights.sum(axis=-1, keepdims=True)
    offset = np.where(np.arange(n)[:, None] < OFFSET_FREE_ROWS, 0.0, 1.0)
    u = np.where(mask, np.maximum(count * weights - offset, 0.0), 0.0)
    top = u.max(axis=-1, keepdims=True)
    u = np.divide(u, top, out=np.zeros_like(u), where=top > 0)
    power = u ** POWER
    total = power.sum(axis=-1, keepdims=True)
    sharpened = np.divide(power, total, out=np.zeros_like(power), where=total > 0)
    return [sharpened @ v, weights @ v]
