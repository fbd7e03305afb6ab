"""S117 efficient_probing: Attention, Please! Revisiting Attentive Probing for Masked Image Modeling.
Query m attends to the tokens themselves and pools the m-th slice of the channels of their values."""
import numpy as np

from common import normal, softmax, split_heads, up

SIGNATURE = (
    "tensor<?x?x64xf32>, tensor<?x64xf32>, tensor<64x64xf32>",
    "tensor<?x64xf32>, tensor<?x?x?xf32>",
)
CASES = [dict(B=2, N=64, M=8), dict(B=3, N=67, M=8), dict(B=1, N=333, M=4), dict(B=2, N=5, M=16)]
TOLERANCE = 2e-5
C = 64


def inputs(rng, B, N, M):
    return [normal(rng, B, N, C), normal(rng, M, C), normal(rng, C, C, scale=C ** -0.5)]


def reference(x, query, wv):
    x, query, wv = up(x, query, wv)
    attn = softmax(x.shape[-1] ** -0.5 * query @ x.swapaxes(-1, -2))        # [B, M, N]
    v = split_heads(x @ wv, len(query))                                     # [B, M, N, channels / M]
    return [np.einsum("bmn,bmnc->bmc", attn, v).reshape(len(x), -1), attn]
