"""S123 minimal_symmetric_attention: Reducing the Transformer Architecture to a Minimum.
Per layer h <- softmax(scale (h T)(h T)^T) h with a packed lower-triangular T (KIND chol, no causal mask)."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x?x32xf32>, tensor<2x528xf32>",
    "tensor<?x?x32xf32>",
)
CASES = [dict(B=1, N=64), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
E, LAYERS = 32, 2


def inputs(rng, B, N):
    return [normal(rng, B, N, E), normal(rng, LAYERS, E * (E + 1) // 2, scale=E ** -0.5)]


def unpack_triangle(packed):
    """The lower triangle, stored row by row."""
    t = np.zeros((E, E))
    position = 0
    for row in range(E):
        for column in range(row + 1):
            t[row, column] = packed[position]
            position += 1
    return t


def reference(x, t):
    x, t = up(x, t)
    h = x
    for layer in range(t.shape[0]):
        projected = h @ unpack_triangle(t[layer])
        h = attention(projected, projected, h, E ** -0.5)
    return [h]
