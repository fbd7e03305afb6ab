"""S066 gated_space_time_blocks: PredFormer: Transformers Are Effective Spatial-Temporal Predictive Learners.
Four gated transformer blocks that attend over the frames of a patch, the patches of a frame (twice), the frames."""
import numpy as np

from common import attention, layer_norm, merge_heads, normal, silu, split_heads, up

SIGNATURE = (
    "tensor<?x6x16x32xf32>, tensor<4x96x32xf32>, tensor<4x32x32xf32>, tensor<4x32xf32>, tensor<4x64x32xf32>, "
    "tensor<4x64xf32>, tensor<4x64x32xf32>, tensor<4x64xf32>, tensor<4x32x64xf32>, tensor<4x32xf32>, "
    "tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>, tensor<4x32xf32>",
    "tensor<?x6x16x32xf32>",
)
CASES = [dict(B=1), dict(B=3), dict(B=5)]
TOLERANCE = 2e-5
T, P, H, D, F = 6, 16, 4, 8, 64
C = H * D
ORDER, EPS = "TSST", 1e-5


def inputs(rng, B):
    blocks = len(ORDER)
    arrays = [normal(rng, B, T, P, C), normal(rng, blocks, 3 * C, C, scale=C ** -0.5)]
    for out, width in ((C, C), (F, C), (F, C), (C, F)):             # o, g, x, 2
        arrays += [normal(rng, blocks, out, width, scale=width ** -0.5), normal(rng, blocks, out, scale=0.1)]
    for _ in range(3):
        arrays += [1 + normal(rng, blocks, C, scale=0.1), normal(rng, blocks, C, scale=0.1)]
    return arrays


def block(z, w_qkv, w_o, b_o, w_g, b_g, w_x, b_x, w_2, b_2, g1, be1, g2, be2, g3, be3):
    """One block on z [rows, tokens, C]; attention stays inside a row."""
    u = layer_norm(z, g1, be1, EPS)
    q, k, v = [split_heads(x, H) for x in np.split(u @ w_qkv.T, 3, axis=-1)]
    z = z + merge_heads(attention(q, k, v, D ** -0.5)) @ w_o.T + b_o
    u = layer_norm(z, g2, be2, EPS)
    z = z + (silu(u @ w_g.T + b_g) * (u @ w_x.T + b_x)) @ w_2.T + b_2
    return layer_norm(z, g3, be3, EPS)


def reference(x, *weights):
    x, *weights = up(x, *weights)
    for number, kind in enumerate(ORDER):
        z = x.swapaxes(1, 2) if kind == "T" else x                  # rows of frames, or of patches
        z = block(z.reshape(-1, *z.shape[2:]), *[w[number] for w in weights]).reshape(z.shape)
        x = z.swapaxes(1, 2) if kind == "T" else z
    return [x]
