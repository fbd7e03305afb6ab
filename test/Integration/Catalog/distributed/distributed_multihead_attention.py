"""S017 distributed_multihead_attention: A Unified View of Long-Sequence Models towards Modeling Million-Scale
Dependencies. Softmax attention, with the output and the log sum exp that every shard of the keys gives by itself."""
import numpy as np

from common import attention, log_sum_exp, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>",
    "tensor<?x4x?x16xf32>, tensor<?x4x2x?x16xf32>, tensor<?x4x2x?xf32>",
)
CASES = [dict(B=1, N=96, M=96), dict(B=2, N=67, M=51), dict(B=1, N=50, M=333), dict(B=3, N=5, M=7)]
TOLERANCE = 2e-5
H, D, KEY_SHARDS = 4, 16, 2


def inputs(rng, B, N, M):
    return [normal(rng, B, H, N, D), normal(rng, B, H, M, D), normal(rng, B, H, M, D)]


def shards(length, count):
    """Slices of an axis: shard p is [floor(p L / P), floor((p + 1) L / P))."""
    return [slice(p * length // count, (p + 1) * length // count) for p in range(count)]


def reference(q, k, v):
    q, k, v = up(q, k, v)
    scale = q.shape[-1] ** -0.5
    parts = shards(k.shape[2], KEY_SHARDS)
    o_part = np.stack([attention(q, k[:, :, s], v[:, :, s], scale) for s in parts], axis=2)
    lse_part = np.stack([log_sum_exp(scale * q @ k[:, :, s].swapaxes(-1, -2)) for s in parts], axis=2)
    return [attention(q, k, v, scale), o_part, lse_part]
