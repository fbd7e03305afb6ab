"""S121 parallel_multi_encoder_cross_attention: Imagine yourself: Tuning-Free Personalized Image Generation.
o = sum over four encoders of alpha_s softmax(scale q k_s^T over the valid keys) v_s."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x4x?x16xf32>, tensor<4xf32>, tensor<?x4x20x16xf32>, tensor<?x4x20x16xf32>, tensor<?x20xi1>, "
    "tensor<?x4x24x16xf32>, tensor<?x4x24x16xf32>, tensor<?x24xi1>, tensor<?x4x16x16xf32>, tensor<?x4x16x16xf32>, "
    "tensor<?x16xi1>, tensor<?x4x17x16xf32>, tensor<?x4x17x16xf32>",
    "tensor<?x4x?x16xf32>",
)
CASES = [dict(B=2, N=64), dict(B=3, N=67), dict(B=1, N=333), dict(B=2, N=5)]
TOLERANCE = 2e-5
H, D = 4, 16
TEXTS, VISION = (20, 24, 16), 17                            # tokens of clip, ul2, byt5


def inputs(rng, B, N):
    arrays = [normal(rng, B, H, N, D), rng.uniform(0.2, 1.5, 4).astype(np.float32)]
    for tokens in TEXTS:
        length = rng.integers(1, tokens + 1, (B, 1))
        arrays += [normal(rng, B, H, tokens, D), normal(rng, B, H, tokens, D), np.arange(tokens) < length]
    arrays[10][-1] = False                                  # one sample has no byt5 text
    return arrays + [normal(rng, B, H, VISION, D), normal(rng, B, H, VISION, D)]


def reference(q, alpha, *sources):
    q, alpha = up(q, alpha)
    sources = list(sources) + [np.ones(sources[-1].shape[::2], dtype=bool)]
    o = 0.0
    for s in range(4):
        k, v = up(*sources[3 * s:3 * s + 2])
        valid = sources[3 * s + 2][:, None, None]
        o = o + alpha[s] * attention(q, k, v, D ** -0.5, valid)
    return [o]
