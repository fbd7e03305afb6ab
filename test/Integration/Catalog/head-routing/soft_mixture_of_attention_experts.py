"""S019 soft_mixture_of_attention_experts: BAM! Just Like That: Simple and Efficient Parameter Upcycling for
Mixture of Experts. y = sum over experts e of softmax(router)_e * (merge_heads(causal attention_e) w_o[e])."""
import numpy as np

from common import attention, causal_mask, merge_heads, normal, softmax, up

SIGNATURE = (
    "tensor<?x4x2x?x16xf32>, tensor<?x4x2x?x16xf32>, tensor<?x4x2x?x16xf32>, tensor<4x32x32xf32>, "
    "tensor<?x?x4xf32>",
    "tensor<?x?x32xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
E, KE, H, D = 4, 4, 2, 16
C = H * D


def inputs(rng, B, N):
    q = normal(rng, B, E, H, N, D)
    k = normal(rng, B, KE, H, N, D)
    v = normal(rng, B, KE, H, N, D)
    w_o = normal(rng, E, C, C, scale=C ** -0.5)
    router = normal(rng, B, N, E)
    return [q, k, v, w_o, router]


def reference(q, k, v, w_o, router):
    q, k, v, w_o, router = up(q, k, v, w_o, router)
    batch, experts, heads, n, d = q.shape
    gate = softmax(router)
    y = np.zeros((batch, n, heads * d))
    for e in range(experts):
        own = e if k.shape[1] == experts else 0             # keys and values per expert, or one shared set
        o = attention(q[:, e], k[:, own], v[:, own], d ** -0.5, causal_mask(n))
        y += gate[..., e:e + 1] * (merge_heads(o) @ w_o[e])
    return [y]
