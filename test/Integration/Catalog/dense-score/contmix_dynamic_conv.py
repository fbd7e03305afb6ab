"""S047 contmix_dynamic_conv: OverLoCK: An Overview-first-Look-Closely-next ConvNet with Context-Mixing Dynamic
Kernels. o = sum over taps of softmax(W (scale q.pooled context) + b + rpb) * x, one kernel size per channel half."""
import math

import numpy as np

from common import normal, softmax, up

SIGNATURE = (
    "tensor<?x32x9x10xf32>, tensor<?x16x9x10xf32>, tensor<?x16x6x7xf32>, tensor<34x16xf32>, "
    "tensor<34xf32>, tensor<2x5x5xf32>, tensor<2x9x9xf32>",
    "tensor<?x32x9x10xf32>",
)
CASES = [dict(B=1), dict(B=3)]
TOLERANCE = 2e-5
G, GROUP, Y, X, YC, XC, S, K1, K2 = 2, 8, 9, 10, 6, 7, 4, 3, 5
C = 2 * G * GROUP


def inputs(rng, B):
    x = normal(rng, B, C, Y, X)
    q = normal(rng, B, C // 2, Y, X)
    ctx = normal(rng, B, C // 2, YC, XC)
    w = normal(rng, K1 * K1 + K2 * K2, S * S, scale=1 / S)
    b = normal(rng, K1 * K1 + K2 * K2, scale=0.5)
    rpb1 = normal(rng, G, 2 * K1 - 1, 2 * K1 - 1, scale=0.5)
    rpb2 = normal(rng, G, 2 * K2 - 1, 2 * K2 - 1, scale=0.5)
    return [x, q, ctx, w, b, rpb1, rpb2]


def adaptive_mean(x, size):
    """[..., Y, X] to [..., size, size]."""
    out = np.zeros(x.shape[:-2] + (size, size))
    height, width = x.shape[-2:]
    for i in range(size):
        for j in range(size):
            rows = slice(i * height // size, math.ceil((i + 1) * height / size))
            columns = slice(j * width // size, math.ceil((j + 1) * width / size))
            out[..., i, j] = x[..., rows, columns].mean(axis=(-1, -2))
    return out


def dynamic_convolution(x, logits, rpb, size):
    """x [B, G, c, Y, X], logits [B, G, Y, X, size^2] (tap (a, b) at a * size + b)."""
    height, width = x.shape[-2:]
    o = np.zeros_like(x)
    for i in range(height):
        for j in range(width):
            si = min(max(i - size // 2, 0), height - size)
            sj = min(max(j - size // 2, 0), width - size)
            bias = rpb[:, si - i + size - 1:si - i + 2 * size - 1, sj - j + size - 1:sj - j + 2 * size - 1]
            taps = softmax(logits[:, :, i, j] + bias.reshape(bias.shape[0], size * size))
            window = x[:, :, :, si:si + size, sj:sj + size].reshape(x.shape[:3] + (size * size,))
            o[:, :, :, i, j] = np.einsum("bgn,bgcn->bgc", taps, window)
    return o


def reference(x, q, ctx, w, b, rpb1, rpb2):
    x, q, ctx, w, b, rpb1, rpb2 = up(x, q, ctx, w, b, rpb1, rpb2)
    batch = x.shape[0]
    key = adaptive_mean(ctx, S).reshape(batch, G, GROUP, S * S)
    query = q.reshape(batch, G, GROUP, Y, X)
    # the row's scale, with C all channels of x: (C/G)^-0.5, not the width c of a group
    affinity = (C / G) ** -0.5 * np.einsum("bgcyx,bgcl->bgyxl", query, key)
    logits = affinity @ w.T + b
    first, last = x[:, :C // 2], x[:, C // 2:]
    shape = (batch, G, GROUP, Y, X)
    o1 = dynamic_convolution(first.reshape(shape), logits[..., :K1 * K1], rpb1, K1)
    o2 = dynamic_convolution(last.reshape(shape), logits[..., K1 * K1:], rpb2, K2)
    return [np.concatenate([o1.reshape(first.shape), o2.reshape(last.shape)], axis=1)]
