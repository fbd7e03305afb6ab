"""S012 moe_head_attention: An Efficient General-Purpose Modular Vision Model via Multi-Task Heterogeneous Training.
y = sum over the token's top-K experts e of p_e * (softmax(scale (x W_q[e]) k^T) v) W_o[e], p from the task's router."""
import numpy as np

from common import attention, normal, softmax, top_k_gap, top_k_mask, up

SIGNATURE = (
    "tensor<?x?x64xf32>, tensor<?xi32>, tensor<3x64x12xf32>, tensor<12x64x16xf32>, "
    "tensor<12x16x64xf32>, tensor<?x?x16xf32>, tensor<?x?x16xf32>",
    "tensor<?x?x64xf32>",
)
CASES = [dict(B=3, N=49), dict(B=2, N=37), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
C, D, E, K, T = 64, 16, 12, 4, 3


def inputs(rng, B, N):
    x = normal(rng, B, N, C)
    task = rng.permutation(np.arange(B) % T).astype(np.int32)
    w_gate = normal(rng, T, C, E, scale=C ** -0.5)
    near = top_k_gap(x @ w_gate[task], K) < 0.01            # tokens whose choice is nearly a tie: drawn again
    while near.any():
        x[near] = normal(rng, near.sum(), C)
        near = top_k_gap(x @ w_gate[task], K) < 0.01
    w_q = normal(rng, E, C, D, scale=C ** -0.5)
    w_o = normal(rng, E, D, C, scale=D ** -0.5)
    k = normal(rng, B, N, D)
    v = normal(rng, B, N, D)
    return [x, task, w_gate, w_q, w_o, k, v]


def reference(x, task, w_gate, w_q, w_o, k, v):
    x, w_gate, w_q, w_o, k, v = up(x, w_gate, w_q, w_o, k, v)
    d = w_q.shape[-1]
    y = np.zeros_like(x)
    for b in range(x.shape[0]):
        p = softmax(x[b] @ w_gate[task[b]])                 # [N, E]
        gate = np.where(top_k_mask(p, K), p, 0.0)           # not renormalised
        for e in range(w_q.shape[0]):
            o = attention(x[b] @ w_q[e], k[b], v[b], d ** -0.5)
            y[b] += gate[:, e:e + 1] * (o @ w_o[e])
    return [y]
