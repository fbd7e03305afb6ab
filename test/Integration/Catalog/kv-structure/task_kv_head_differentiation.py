"""S011 task_kv_head_differentiation: Task-KV: Task-aware KV Cache Optimization via Semantic Differentiation of
Attention Heads. In the heads far from the mean head the new query sees every key, elsewhere some.
"""
import numpy as np

from common import attention, normal, softmax, top_k_gap, top_k_mask, up

SIGNATURE = (
    "tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x16xf32>",
    "tensor<?x8x16xf32>, tensor<?x8xi32>",
)
CASES = [dict(B=2, N=96), dict(B=3, N=67), dict(B=1, N=333), dict(B=1, N=23), dict(B=2, N=5)]
TOLERANCE = 2e-5
H, D, HETERO = 8, 16, 2
WINDOW, SINK, RECENT, MIDDLE = 8, 4, 16, 8


def inputs(rng, B, N):
    q, k, v = [normal(rng, B, H, N, D) for _ in range(3)]
    for b in range(B):
        while margin(q[b:b + 1], k[b:b + 1], v[b:b + 1]) < 2e-3:       # a choice is nearly a tie: drawn again
            q[b], k[b], v[b] = [normal(rng, H, N, D) for _ in range(3)]
    return [q, k, v, normal(rng, B, H, D)]


def window_weights(q, k):
    """Causal attention weights of the last WINDOW prompt queries, [B, H, WINDOW, N]."""
    n, d = q.shape[2:]
    rows = np.arange(n)[-WINDOW:]
    return softmax(d ** -0.5 * q[:, :, rows] @ k.swapaxes(-1, -2), np.arange(n)[None, :] <= rows[:, None])


def head_distance(weights, v):
    """Distance of each head's mean output from the mean over heads, [B, H]."""
    head = (weights @ v).mean(axis=2)
    return np.linalg.norm(head - head.mean(axis=1, keepdims=True), axis=-1)


def margin(q, k, v):
    """The smaller of the gaps at the two choices (heads absolute, tokens in shares of the largest sum)."""
    weights = window_weights(*up(q, k))
    gap = top_k_gap(head_distance(weights, up(v)), HETERO).min()
    middle = weights.sum(axis=2)[..., SINK:max(q.shape[2] - RECENT, SINK)]
    if middle.shape[-1] > MIDDLE:
        gap = min(gap, (top_k_gap(middle, MIDDLE) / middle.max(axis=-1)).min())
    return gap


def choose(q, k, v):
    """The heads that keep everything, [B, H], and the tokens that each head keeps, [B, H, N]."""
    weights = window_weights(q, k)
    hetero = top_k_mask(head_distance(weights, v), HETERO)
    j = np.arange(q.shape[2])
    fixed = (j < SINK) | (j >= q.shape[2] - RECENT)
    middle = top_k_mask(np.where(fixed, -np.inf, weights.sum(axis=2)), MIDDLE)
    return hetero, fixed | middle | hetero[..., None]


def reference(q, k, v, q_new):
    q, k, v, q_new = up(q, k, v, q_new)
    hetero, kept = choose(q, k, v)
    o = attention(q_new[:, :, None], k, v, q.shape[-1] ** -0.5, kept[:, :, None])
    return [o[:, :, 0], hetero.astype(np.int32)]
