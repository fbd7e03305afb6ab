"""S030 halo_attention: Scaling Local Self-Attention for Parameter Efficient Visual Backbones.
Each b x b block of queries attends to its zero-padded (b+2h)^2 window, scores scale (q.k + q.rel_y + q.rel_x)."""
import numpy as np

from common import normal, softmax, up

SIGNATURE = (
    "tensor<?x2x256x16xf32>, tensor<?x2x256x16xf32>, tensor<?x2x256x16xf32>, tensor<11x16xf32>, "
    "tensor<11x16xf32>",
    "tensor<?x2x256x16xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, Y, X, D, BLOCK, HALO = 2, 16, 16, 16, 4, 2
WINDOW = BLOCK + 2 * HALO


def inputs(rng, B):
    q, k, v = [normal(rng, B, H, Y * X, D) for _ in range(3)]
    rel_y = normal(rng, 2 * BLOCK + 2 * HALO - 1, D, scale=0.5)
    rel_x = normal(rng, 2 * BLOCK + 2 * HALO - 1, D, scale=0.5)
    return [q, k, v, rel_y, rel_x]


def reference(q, k, v, rel_y, rel_x):
    q, k, v, rel_y, rel_x = up(q, k, v, rel_y, rel_x)
    batch, heads, _, d = q.shape
    q, k, v = [x.reshape(batch, heads, Y, X, d) for x in (q, k, v)]
    border = ((0, 0), (0, 0), (HALO, HALO), (HALO, HALO), (0, 0))
    k, v = np.pad(k, border), np.pad(v, border)
    o = np.zeros_like(q)
    for y0 in range(0, Y, BLOCK):
        for x0 in range(0, X, BLOCK):
            # row y0 - h of the image is row y0 of the padded one
            key = k[:, :, y0:y0 + WINDOW, x0:x0 + WINDOW]
            value = v[:, :, y0:y0 + WINDOW, x0:x0 + WINDOW].reshape(batch, heads, WINDOW * WINDOW, d)
            for i in range(BLOCK):
                for j in range(BLOCK):
                    query = q[:, :, y0 + i, x0 + j]
                    row = rel_y[np.arange(WINDOW) - i + BLOCK - 1]              # [window rows, D]
                    column = rel_x[np.arange(WINDOW) - j + BLOCK - 1]           # [window columns, D]
                    relative = row[:, None] + column[None, :]                   # [rows, columns, D]
                    scores = d ** -0.5 * np.einsum("bhd,bhrcd->bhrc", query, key + relative)
                    weights = softmax(scores.reshape(batch, heads, WINDOW * WINDOW))
                    o[:, :, y0 + i, x0 + j] = np.einsum("bhn,bhnd->bhd", weights, value)
    return [o.reshape(batch, heads, Y * X, d)]
