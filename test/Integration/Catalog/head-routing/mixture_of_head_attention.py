"""S008 mixture_of_head_attention: MoH: Multi-Head Attention as Mixture-of-Head Attention.
o_h = gate_h(token) * causal softmax attention_h, gate = [m0 * shared gates, m1 * routed top-K gates]."""
import numpy as np

from common import attention, causal_mask, normal, softmax, top_k_gap, top_k_mask, up

SIGNATURE = (
    "tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x?x128xf32>, "
    "tensor<128x4xf32>, tensor<128x4xf32>, tensor<128x2xf32>",
    "tensor<?x8x?x16xf32>",
)
CASES = [dict(B=2, N=64), dict(B=3, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, D, HS, K = 8, 16, 4, 2
C = H * D


def inputs(rng, B, N):
    q = normal(rng, B, H, N, D)
    k = normal(rng, B, H, N, D)
    v = normal(rng, B, H, N, D)
    x = normal(rng, B, N, C)
    w_route = normal(rng, C, H - HS, scale=C ** -0.5)
    w_shared = normal(rng, C, HS, scale=C ** -0.5)
    w_mix = normal(rng, C, 2, scale=C ** -0.5)
    near = top_k_gap(x @ w_route, K) < 0.01         # tokens whose choice of heads is nearly a tie: drawn again
    while near.any():
        x[near] = normal(rng, near.sum(), C)
        near = top_k_gap(x @ w_route, K) < 0.01
    return [q, k, v, x, w_route, w_shared, w_mix]


def reference(q, k, v, x, w_route, w_shared, w_mix):
    q, k, v, x, w_route, w_shared, w_mix = up(q, k, v, x, w_route, w_shared, w_mix)
    n, d = q.shape[2:]
    routed = softmax(x @ w_route)
    routed = np.where(top_k_mask(routed, K), routed, 0.0)
    total = np.maximum(routed.sum(axis=-1, keepdims=True), np.finfo(np.float32).eps)
    routed = routed / total * K
    shared = softmax(x @ w_shared) * HS
    mix = 2.0 * softmax(x @ w_mix)
    gate = np.concatenate([mix[..., 0:1] * shared, mix[..., 1:2] * routed], axis=-1)    # [B, N, H]
    o = attention(q, k, v, d ** -0.5, causal_mask(n))
    return [gate.transpose(0, 2, 1)[..., None] * o]
