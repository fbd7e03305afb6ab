"""S043 power_of_two_blocks: PowerAttention: Exponentially Scaling of Receptive Fields for Effective Sparse Attention.
Causal softmax attention on sink blocks, a window of blocks, and key blocks at power-of-two block distances."""
import numpy as np

from common import attention, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=192), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, HK, D = 4, 2, 16
BLOCK, WIN_BLOCKS, SINK_BLOCKS = 8, 2, 1


def inputs(rng, B, N):
    return [normal(rng, B, H, N, D), normal(rng, B, HK, N, D), normal(rng, B, HK, N, D)]


def power_mask(n):
    mask = np.zeros((n, n), dtype=bool)
    for i in range(n):
        for j in range(i + 1):
            key_block = j // BLOCK
            x = i // BLOCK - key_block
            mask[i, j] = x < WIN_BLOCKS or key_block < SINK_BLOCKS or (x & (x - 1)) == 0
    return mask


def reference(q, k, v):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[1:]
    return [attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, power_mask(n))]
