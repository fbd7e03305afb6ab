"""S104 blockwise_bidirectional_mask: LaDiR: Latent Diffusion Enhances LLMs for Text Reasoning.
Causal attention on the valid keys, and in both directions between the thought tokens of one block."""
import numpy as np

from common import attention, causal_mask, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x?xi32>, tensor<?x?xi1>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=2, N=64), dict(B=3, N=67), dict(B=1, N=333), dict(B=2, N=5)]
TOLERANCE = 2e-5
H, HK, D = 4, 2, 16


def inputs(rng, B, N):
    q, k, v = [normal(rng, B, heads, N, D) for heads in (H, HK, HK)]
    block = np.full((B, N), -1, dtype=np.int32)
    for b in range(B):                                              # text, block 0, text, block 1, text
        cuts = np.sort(rng.choice(np.arange(N + 1), 4, replace=False))
        block[b, cuts[0]:cuts[1]], block[b, cuts[2]:cuts[3]] = 0, 1
    valid = rng.random((B, N)) < 0.9
    valid[-1, :2] = False                                           # padding on the left: text there sees nothing
    block[-1, :2] = -1
    return [q, k, v, block, valid]


def visible(block, valid):
    """[B, N, N]."""
    same = (block[:, :, None] == block[:, None, :]) & (block[:, :, None] >= 0)
    return (causal_mask(block.shape[1]) & valid[:, None, :]) | same


def reference(q, k, v, block, valid):
    q, k, v = up(q, k, v)
    heads, d = q.shape[1], q.shape[3]
    return [attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, visible(block, valid)[:, None])]
