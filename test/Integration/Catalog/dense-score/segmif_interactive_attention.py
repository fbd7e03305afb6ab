"""S072 segmif_interactive_attention: Multi-interactive Feature Learning and a Full-time Multi-modality Benchmark for
Image Fusion and Segmentation. Two images and a segmentation feature exchange channel maps softmax(scale k^T v)."""
import numpy as np

from common import layer_norm, merge_heads, normal, softmax, split_heads, up

SIGNATURE = (
    "tensor<?x32x8x8xf32>, tensor<?x32x8x8xf32>, tensor<?x32x8x8xf32>, "
    + "tensor<64x32xf32>, tensor<64xf32>, tensor<64x32xf32>, " * 3
    + ", ".join(["tensor<32x64xf32>, tensor<32xf32>, tensor<32xf32>, tensor<32xf32>"] * 2),
    "tensor<?x32x8x8xf32>, tensor<?x32x8x8xf32>",
)
CASES = [dict(B=1), dict(B=3), dict(B=5)]
TOLERANCE = 2e-5
C, Y, X, H = 32, 8, 8, 4
EPS = 1e-5


def inputs(rng, B):
    arrays = [normal(rng, B, C, Y, X) for _ in range(3)]
    for _ in range(3):                                      # wp, bp, wkv of the two images and of the segmentation
        arrays += [normal(rng, 2 * C, C, scale=C ** -0.5), normal(rng, 2 * C, scale=0.1)]
        arrays += [normal(rng, 2 * C, C, scale=C ** -0.5)]
    for _ in range(2):                                      # we, be, gain and offset of the two images
        arrays += [normal(rng, C, 2 * C, scale=(2 * C) ** -0.5), normal(rng, C, scale=0.1)]
        arrays += [1 + normal(rng, C, scale=0.1), normal(rng, C, scale=0.1)]
    return arrays


def context(tokens, w_kv):
    """[B, H, D, D]: softmax over the key channels (the rows) of scale k^T v."""
    k, v = [split_heads(x, H) for x in np.split(tokens @ w_kv.T, 2, axis=-1)]
    scores = (C // H) ** -0.5 * k.swapaxes(-1, -2) @ v
    return softmax(scores.swapaxes(-1, -2)).swapaxes(-1, -2)


def reference(x1, x2, seg, *weights):
    maps, weights = up(x1, x2, seg), up(*weights)
    batch, channels, rows, columns = maps[0].shape
    tokens = [m.reshape(batch, channels, rows * columns).swapaxes(-1, -2) for m in maps]
    stages, ends = [weights[3 * i:3 * i + 3] for i in range(3)], [weights[9:13], weights[13:]]
    y, u = zip(*[np.split(np.maximum(t @ wp.T + bp, 0.0), 2, axis=-1) for t, (wp, bp, _) in zip(tokens, stages)])
    shared = context(u[2], stages[2][2])
    outputs = []
    for i, (w_e, b_e, gain, offset) in enumerate(ends):
        v = merge_heads(split_heads(u[i], H) @ shared)
        z = merge_heads(split_heads(y[2], H) @ context(y[i], stages[i][2]))
        o = layer_norm(tokens[i] + np.concatenate([z, v], axis=-1) @ w_e.T + b_e, gain, offset, EPS)
        outputs.append(o.swapaxes(-1, -2).reshape(maps[i].shape))
    return outputs
