"""S028 neighborhood_attention: Faster Neighborhood Attention: Reducing the O(n^2) Cost of Self Attention at the
Threadblock Level. Softmax attention of every token on the product over (t, y, x) of its per-axis neighbourhoods."""
import math

import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x2x168x16xf32>, tensor<?x2x168x16xf32>, tensor<?x2x168x16xf32>",
    "tensor<?x2x168x16xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, D = 2, 16
SHAPE = (1, 12, 14)
KERNEL = (1, 5, 7)
DILATION = (1, 2, 1)
CAUSAL = (False, False, False)


def inputs(rng, B):
    n = math.prod(SHAPE)
    return [normal(rng, B, H, n, D) for _ in range(3)]


def axis_mask(length, kernel, dilation, causal):
    """[length, length], True where key j is a neighbour of query i on this axis."""
    mask = np.zeros((length, length), dtype=bool)
    for i in range(length):
        g, p = i % dilation, i // dilation
        n = math.ceil((length - g) / dilation)
        if causal:
            positions = range(max(0, p - kernel + 1), p + 1)
        else:
            start = min(max(p - kernel // 2, 0), n - kernel)
            positions = range(start, start + kernel)
        for position in positions:
            mask[i, position * dilation + g] = True
    return mask


def neighborhood_mask(shape, kernel, dilation, causal):
    """[N, N] over row-major tokens: the product of the axes' neighbourhoods."""
    tokens = math.prod(shape)
    coordinates = np.unravel_index(np.arange(tokens), shape)
    mask = np.ones((tokens, tokens), dtype=bool)
    for axis, c in enumerate(coordinates):
        mask &= axis_mask(shape[axis], kernel[axis], dilation[axis], causal[axis])[c[:, None], c[None, :]]
    return mask


def reference(q, k, v):
    q, k, v = up(q, k, v)
    mask = neighborhood_mask(SHAPE, KERNEL, DILATION, CAUSAL)
    return [attention(q, k, v, q.shape[-1] ** -0.5, mask)]
