"""S010 mixture_of_sparse_attention: MoA: Mixture of Sparse Attention for Automatic Large Language Model
Compression. Head h attends causally to its sink blocks and to a band of blocks whose span is alpha_h + beta_h N."""
import math

import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<4xf32>, tensor<4xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=1, N=128), dict(B=2, N=50), dict(B=1, N=333), dict(B=1, N=1)]
TOLERANCE = 2e-5
H, D = 4, 16
BLOCK, SINK_SIZE, MINIMUM, MAX_NEW_TOKEN = 16, 16, 32, 0


def inputs(rng, B, N):
    q = normal(rng, B, H, N, D)
    k = normal(rng, B, H, N, D)
    v = normal(rng, B, H, N, D)
    # a head that sees everything, one at the minimum, two in between; the sums alpha + beta N are exact in float32
    alpha = np.array([8.0625, -20.0625, 16.0625, 40.0625], dtype=np.float32)
    beta = np.array([1.0, 0.0, 0.25, 0.125], dtype=np.float32)
    order = rng.permutation(H)
    return [q, k, v, alpha[order], beta[order]]


def head_mask(n, alpha, beta):
    length = n + MAX_NEW_TOKEN
    span = min(int(alpha + beta * length), length)
    span = math.ceil(max(span, MINIMUM) / BLOCK) * BLOCK
    sink = min(span, SINK_SIZE)
    sink_blocks = sink // BLOCK
    band_blocks = (span - sink) // BLOCK
    i = np.arange(n)[:, None]
    j = np.arange(n)[None, :]
    query_block, key_block = i // BLOCK, j // BLOCK
    return (j <= i) & ((key_block < sink_blocks) | (key_block > query_block - band_blocks))


def reference(q, k, v, alpha, beta):
    q, k, v, alpha, beta = up(q, k, v, alpha, beta)
    n, d = q.shape[2:]
    mask = np.stack([head_mask(n, alpha[h], beta[h]) for h in range(len(alpha))])
    return [attention(q, k, v, d ** -0.5, mask)]
