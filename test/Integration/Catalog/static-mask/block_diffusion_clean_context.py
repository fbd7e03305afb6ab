"""S106 block_diffusion_clean_context: Efficient-DLM: From Autoregressive to Diffusion Language Models, and Beyond in
Speed. A noised token sees its block and the clean blocks before it, a clean token the clean blocks up to its own."""
import numpy as np

from common import attention, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=48), dict(B=2, N=67), dict(B=1, N=167), dict(B=3, N=5)]       # 2 N tokens, the noised ones first
TOLERANCE = 2e-5
H, HK, D, BLOCK = 4, 2, 16, 16


def inputs(rng, B, N):
    return [normal(rng, B, heads, 2 * N, D) for heads in (H, HK, HK)]


def clean_context_mask(n):
    """[2 n, 2 n]; i and j are tokens of the noised copy, then of the clean one."""
    i = np.arange(2 * n)[:, None]
    j = np.arange(2 * n)[None, :]
    query_block, key_block = i % n // BLOCK, j % n // BLOCK
    to_noised = (i < n) & (key_block == query_block)
    to_clean = np.where(i < n, key_block < query_block, key_block <= query_block)
    return np.where(j < n, to_noised, to_clean)


def reference(q, k, v):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[1:]
    return [attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, clean_context_mask(n // 2))]
