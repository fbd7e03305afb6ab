"""S129 expert_head_routing: SHRP: Specialized Head Routing and Pruning for Efficient Encoder Compression.
Every token takes the output of one head, routed by its input, through a shared feed-forward layer; the same again with
the most used heads only."""
import math

import numpy as np

from common import attention, normal, softmax, top_k_gap, top_k_mask, up

SIGNATURE = (
    "tensor<?x?x64xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<64x4xf32>, "
    "tensor<16x48xf32>, tensor<48xf32>, tensor<48x64xf32>, tensor<64xf32>, tensor<?x?xi1>",
    "tensor<?x?x64xf32>, tensor<4xf32>, tensor<?x?x64xf32>, tensor<?x?xi32>, tensor<4xi32>",
)
CASES = [dict(B=2, N=64), dict(B=3, N=67), dict(B=1, N=333), dict(B=2, N=5)]
TOLERANCE = 2e-5
H, D, E, F, KEEP = 4, 16, 64, 48, 1


def inputs(rng, B, N):
    x = normal(rng, B, N, E)
    wr = normal(rng, E, H, scale=E ** -0.5)
    near = top_k_gap(x @ wr, 1) < 0.01                      # tokens whose choice is nearly a tie: drawn again
    while near.any():
        x[near] = normal(rng, near.sum(), E)
        near = top_k_gap(x @ wr, 1) < 0.01
    q, k, v = [normal(rng, B, H, N, D) for _ in range(3)]
    ffn = [normal(rng, D, F, scale=D ** -0.5), normal(rng, F, scale=0.1)]
    ffn += [normal(rng, F, E, scale=F ** -0.5), normal(rng, E, scale=0.1)]
    valid = np.arange(N) < rng.integers(1, N + 1, (B, 1))
    return [x, q, k, v, wr, *ffn, valid]


def gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2


def route_heads(logits, heads, w1, b1, w2, b2):
    """The layer with top-1 routing by the logits [B, N, H], and the route."""
    route = logits.argmax(axis=-1)                          # ties go to the lowest index
    gate = np.where(top_k_mask(logits, 1), softmax(logits), 0.0)
    o = np.einsum("bnh,bhnd->bnd", gate, heads)
    return gelu(o @ w1 + b1) @ w2 + b2, route


def reference(x, q, k, v, wr, w1, b1, w2, b2, valid):
    x, q, k, v, wr, w1, b1, w2, b2 = up(x, q, k, v, wr, w1, b1, w2, b2)
    heads = attention(q, k, v, q.shape[-1] ** -0.5, valid[:, None, None])
    logits = x @ wr
    y, route = route_heads(logits, heads, w1, b1, w2, b2)
    usage = np.bincount(route[valid], minlength=H) / valid.sum()
    keep = top_k_mask(usage, KEEP)
    y_pruned, _ = route_heads(np.where(keep, logits, -np.inf), heads, w1, b1, w2, b2)
    return [y, usage, y_pruned, route.astype(np.int32), keep.astype(np.int32)]
