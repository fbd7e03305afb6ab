"""S084 region_attention: Region Attention Transformer for Medical Image Restoration.
o = softmax(q k^T / sqrt(H), -1000 added where the two pixels' region ids differ) v."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>, tensor<?x4x64x16xf32>, tensor<?x32x32xi32>",
    "tensor<?x4x64x16xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
H, Y, X, D, R, S = 4, 8, 8, 16, 5, 4
MASK_VALUE = -1000.0


def inputs(rng, B):
    q, k, v = [normal(rng, B, H, Y * X, D) for _ in range(3)]
    # every pixel takes the id of the nearest of R random centres: connected regions of several pixels
    grid = np.stack(np.meshgrid(np.arange(S * Y), np.arange(S * X), indexing="ij"), axis=-1)
    centres = rng.uniform(0.0, 1.0, (B, R, 2)) * (S * Y, S * X)
    distance = ((grid[None, :, :, None] - centres[:, None, None]) ** 2).sum(axis=-1)
    regions = distance.argmin(axis=-1).astype(np.int32)
    return [q, k, v, regions]


def reference(q, k, v, regions):
    q, k, v = up(q, k, v)
    batch, heads, n, _ = q.shape
    r = regions[:, ::S, ::S].reshape(batch, n)
    other = r[:, :, None] != r[:, None, :]
    bias = np.where(other, MASK_VALUE, 0.0)[:, None]
    return [attention(q, k, v, heads ** -0.5, bias=bias)]       # the number of heads, not the width, as in the row
