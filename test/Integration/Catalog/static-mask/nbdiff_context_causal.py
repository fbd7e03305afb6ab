"""S074 nbdiff_context_causal: From Next-Token to Next-Block: A Principled Adaptation Path for Diffusion LLMs.
Noisy tokens see their whole block and the clean blocks before it; clean tokens see clean tokens causally."""
import numpy as np

from common import attention, causal_mask, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=67), dict(B=1, N=167), dict(B=3, N=5)]       # 2 N tokens, the noisy ones first
TOLERANCE = 2e-5
H, HK, D, BLOCK = 4, 2, 16, 16


def inputs(rng, B, N):
    return [normal(rng, B, H, 2 * N, D), normal(rng, B, HK, 2 * N, D), normal(rng, B, HK, 2 * N, D)]


def context_causal_mask(n, length=BLOCK):
    """[2 n, 2 n] for blocks of `length` tokens."""
    block = np.arange(n) // length
    same = block[:, None] == block[None, :]
    before = block[None, :] < block[:, None]
    return np.block([[same, before], [np.zeros_like(same), causal_mask(n)]])


def reference(q, k, v):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[1:]
    return [attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, context_causal_mask(n // 2))]
