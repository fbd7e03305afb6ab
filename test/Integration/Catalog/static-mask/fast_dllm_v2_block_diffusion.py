"""S071 fast_dllm_v2_block_diffusion: Fast-dLLM v2: Efficient Block-Diffusion LLM. Noisy tokens see their block and the
clean blocks before it, clean tokens the clean blocks up to theirs; a decoded sub-block sees the cache."""
import numpy as np

from common import attention, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x16x16xf32>, "
    "tensor<?x2x16x16xf32>, tensor<?x2x16x16xf32>, tensor<?x2x16x16xf32>, tensor<?x4x4x16xf32>, "
    "tensor<?x2x4x16xf32>, tensor<?x2x4x16xf32>",
    "tensor<?x4x?x16xf32>, tensor<?x4x4x16xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=67), dict(B=1, N=167), dict(B=3, N=5)]       # 2 N tokens
TOLERANCE = 2e-5
H, HK, D = 4, 2, 16
BLOCK, SUB, PREFIX_BLOCKS, SUB_INDEX = 16, 4, 1, 2


def inputs(rng, B, N):
    return ([normal(rng, B, H, 2 * N, D), normal(rng, B, HK, 2 * N, D), normal(rng, B, HK, 2 * N, D)]
            + [normal(rng, B, HK, PREFIX_BLOCKS * BLOCK, D) for _ in range(2)]
            + [normal(rng, B, HK, BLOCK, D) for _ in range(2)]
            + [normal(rng, B, H, SUB, D), normal(rng, B, HK, SUB, D), normal(rng, B, HK, SUB, D)])


def diffusion_mask(n):
    """[2 n, 2 n]: the first n tokens are noisy, the others clean."""
    block = np.arange(n) // BLOCK
    same = block[:, None] == block[None, :]
    before = block[None, :] < block[:, None]
    return np.block([[same, before], [np.zeros_like(same), same | before]])


def patch(prefix, block, sub):
    """The cache in front, then the current block with its recomputed sub-block."""
    rows = slice(SUB_INDEX * SUB, (SUB_INDEX + 1) * SUB)
    block = block.copy()
    block[:, :, rows] = sub
    return np.concatenate([prefix, block], axis=2)


def reference(q, k, v, k_prefix, v_prefix, k_block, v_block, q_sub, k_sub, v_sub):
    q, k, v, q_sub, k_sub, v_sub = up(q, k, v, q_sub, k_sub, v_sub)
    k_prefix, v_prefix, k_block, v_block = up(k_prefix, v_prefix, k_block, v_block)
    heads, n, d = q.shape[1:]
    k, v = expand_heads(k, heads), expand_heads(v, heads)
    o = attention(q, k, v, d ** -0.5, diffusion_mask(n // 2))
    key = expand_heads(patch(k_prefix, k_block, k_sub), heads)
    value = expand_heads(patch(v_prefix, v_block, v_sub), heads)
    return [o, attention(q_sub, key, value, d ** -0.5)]
