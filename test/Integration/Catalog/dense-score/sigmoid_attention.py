"""S003 sigmoid_attention: Theory, Analysis, and Best Practices for Sigmoid Self-Attention.
o_i = sum over j <= i of sigmoid(scale q_i.k_j - ln N - slope_h (i - j)) v_j, without a row normaliser."""
import numpy as np

from common import causal_mask, expand_heads, normal, sigmoid, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<4xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, HK, D = 4, 4, 16


def inputs(rng, B, N):
    q = normal(rng, B, H, N, D)
    k = normal(rng, B, HK, N, D)
    v = normal(rng, B, HK, N, D)
    slopes = rng.uniform(0.0, 0.5, H).astype(np.float32)
    slopes[-1] = 0.0                                # one head without ALiBi
    return [q, k, v, slopes]


def reference(q, k, v, slopes):
    q, k, v, slopes = up(q, k, v, slopes)
    heads, n, d = q.shape[1:]
    k, v = expand_heads(k, heads), expand_heads(v, heads)
    distance = np.arange(n)[:, None] - np.arange(n)[None, :]
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(d) - np.log(n) - slopes[:, None, None] * distance
    weights = np.where(causal_mask(n), sigmoid(scores), 0.0)
    return [weights @ v]
