"""S096 s2_head_context_shards: Efficient LLM Training and Serving with Heterogeneous Context Sharding among Attention
Heads. Causal attention on a window of blocks and on every fourth block, another one for each key/value head."""
import numpy as np

from common import attention, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>",
    "tensor<?x8x?x16xf32>, tensor<4x?x?xi32>",
)
CASES = [dict(B=1, N=128), dict(B=2, N=67), dict(B=1, N=333), dict(B=3, N=5)]
TOLERANCE = 2e-5
H, HK, D, BLOCK = 8, 4, 16, 8
LOCAL_BLOCKS, VERT_STRIDE, DENSE_HEADS, OFFSET = 2, 4, 1, 0


def inputs(rng, B, N):
    return [normal(rng, B, heads, N, D) for heads in (H, HK, HK)]


def block_mask(blocks):
    """[HK, blocks, blocks], True where query block a sees key block b."""
    step = max(1, VERT_STRIDE // H)
    head = np.arange(HK)[:, None, None]
    a = np.arange(blocks)[:, None]
    b = np.arange(blocks)[None, :]
    far = ((b + head * step + OFFSET) % VERT_STRIDE == 0) | (head >= HK - DENSE_HEADS)
    return (b <= a) & (far | (a - b < LOCAL_BLOCKS))


def reference(q, k, v):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[1:]
    blocks = block_mask(-(-n // BLOCK))
    token = np.arange(n)
    mask = blocks[:, token[:, None] // BLOCK, token // BLOCK] & (token <= token[:, None])
    o = attention(q, expand_heads(k, heads), expand_heads(v, heads), d ** -0.5, expand_heads(mask[None], heads))
    return [o, blocks.astype(np.int32)]
