"""S041 softpag_head_perturbation: Fine-Grained Perturbation Guidance via Attention Head Selection.
o = softmax attention; o_pert = (1 - u) o + u v in the selected heads, o in the others."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<4xi1>",
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=67), dict(B=1, N=333), dict(B=3, N=5)]
TOLERANCE = 2e-5
H, D, U = 4, 16, 0.6


def inputs(rng, B, N):
    q, k, v = [normal(rng, B, H, N, D) for _ in range(3)]
    return [q, k, v, rng.permutation([True, True, False, False])]


def reference(q, k, v, head_mask):
    q, k, v = up(q, k, v)
    o = attention(q, k, v, q.shape[-1] ** -0.5)
    return [o, np.where(head_mask[:, None, None], (1 - U) * o + U * v, o)]
