"""S103 longgen_hybrid_sparse: A Little Goes a Long Way: Efficient Long Context Training and Inference with Partial
Contexts (LongGen). The middle third of the layers is causal attention; the others see near blocks and strided ones."""
import numpy as np

from common import attention, causal_mask, expand_heads, normal, up

SIGNATURE = (
    "tensor<?x?x4x?x16xf32>, tensor<?x?x2x?x16xf32>, tensor<?x?x2x?x16xf32>",
    "tensor<?x?x4x?x16xf32>",
)
CASES = [dict(L=3, B=1, N=96), dict(L=5, B=2, N=67), dict(L=2, B=1, N=333), dict(L=8, B=1, N=50), dict(L=1, B=3, N=5)]
TOLERANCE = 2e-5
H, HK, D = 4, 2, 16
BLOCK, LOCAL, VERT_STRIDE = 8, 2, 4


def inputs(rng, L, B, N):
    return [normal(rng, L, B, heads, N, D) for heads in (H, HK, HK)]


def full_layers(layers):
    first = (layers - layers // 3) // 2
    return range(first, first + layers // 3)


def block_mask(n):
    """[H, n, n]."""
    step = max(1, VERT_STRIDE // H)
    head = np.arange(H)[:, None, None]
    i = np.arange(n)[:, None] // BLOCK
    j = np.arange(n)[None, :] // BLOCK
    return causal_mask(n) & ((i - j < LOCAL) | ((j + head * step + 1) % VERT_STRIDE == 0))


def reference(q, k, v):
    q, k, v = up(q, k, v)
    heads, n, d = q.shape[2:]
    o = np.zeros_like(q)
    for layer in range(len(q)):
        mask = causal_mask(n) if layer in full_layers(len(q)) else block_mask(n)
        o[layer] = attention(q[layer], expand_heads(k[layer], heads), expand_heads(v[layer], heads), d ** -0.5, mask)
    return [o]
