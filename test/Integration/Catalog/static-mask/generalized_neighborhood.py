"""S039 generalized_neighborhood: Generalized Neighborhood Attention: Multi-dimensional Sparse Attention at the Speed
of Light. Softmax attention on a per-axis window placed around the leader of each group of `stride` queries."""
import math

import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x2x192x16xf32>, tensor<?x2x192x16xf32>, tensor<?x2x192x16xf32>",
    "tensor<?x2x192x16xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, D = 2, 16
SHAPE = (4, 6, 8)
WINDOW = (3, 4, 5)
STRIDE = (1, 2, 3)
DILATION = (1, 1, 1)
CAUSAL = (False, False, False)


def inputs(rng, B):
    n = math.prod(SHAPE)
    return [normal(rng, B, H, n, D) for _ in range(3)]


def axis_mask(n, window, stride, dilation, causal):
    """[n, n], True where key j is a neighbour of query i on this axis."""
    mask = np.zeros((n, n), dtype=bool)
    for i in range(n):
        r, a = i % dilation, i // dilation
        length = math.ceil((n - r) / dilation)
        if causal:
            lead = min((a // stride) * stride + stride - 1, length - 1)
            low = max(lead - (window - 1), 0)
            high = min(a + 1, length)
        else:
            left = window // 2
            right = window // 2 + window % 2 - 1
            lead = min((a // stride) * stride + stride // 2, length - 1)
            low = max(lead - left, 0)
            if lead + right >= length:
                low += length - right - lead - 1
            high = low + window
        for b in range(low, high):
            mask[i, r + dilation * b] = True
    return mask


def neighborhood_mask(shape, window, stride, dilation, causal):
    """[N, N] over row-major tokens: a key is visible iff it is a neighbour on every axis."""
    tokens = math.prod(shape)
    coordinates = np.unravel_index(np.arange(tokens), shape)
    mask = np.ones((tokens, tokens), dtype=bool)
    for x, c in enumerate(coordinates):
        mask &= axis_mask(shape[x], window[x], stride[x], dilation[x], causal[x])[c[:, None], c[None, :]]
    return mask


def reference(q, k, v):
    q, k, v = up(q, k, v)
    mask = neighborhood_mask(SHAPE, WINDOW, STRIDE, DILATION, CAUSAL)
    return [attention(q, k, v, q.shape[-1] ** -0.5, mask)]
