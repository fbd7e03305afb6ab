"""S050 timestep_residual_attention: LaTtE-Flow: Layerwise Timestep-Expert Flow-based Transformer.
a2 = softmax(scale q2 k2^T) + tanh(t w^T + b)_h a1, where a1 is the attention map of the layer before."""
import numpy as np

from common import expand_heads, normal, softmax, up

SIGNATURE = (
    "tensor<?x24xf32>, tensor<4x24xf32>, tensor<4xf32>, tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, "
    "tensor<?x2x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>",
    "tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x?xf32>",
)
CASES = [dict(B=2, N=48, L=16), dict(B=3, N=67, L=5), dict(B=1, N=300, L=33), dict(B=1, N=5, L=0)]
TOLERANCE = 2e-5
H, HK, D, CT = 4, 2, 16, 24


def inputs(rng, B, N, L):
    arrays = [normal(rng, B, CT), normal(rng, H, CT, scale=CT ** -0.5), normal(rng, H, scale=0.1)]
    for _ in range(2):                                      # the two layers; keys are text tokens, then image tokens
        arrays += [normal(rng, B, H, N, D), normal(rng, B, HK, L + N, D), normal(rng, B, HK, L + N, D)]
    return arrays


def reference(t_emb, w_gate, b_gate, q1, k1, v1, q2, k2, v2):
    t_emb, w_gate, b_gate, q1, k1, v1, q2, k2, v2 = up(t_emb, w_gate, b_gate, q1, k1, v1, q2, k2, v2)
    heads, _, d = q1.shape[1:]
    k1, v1, k2, v2 = [expand_heads(x, heads) for x in (k1, v1, k2, v2)]
    gate = np.tanh(t_emb @ w_gate.T + b_gate)[:, :, None, None]
    a1 = softmax(d ** -0.5 * q1 @ k1.swapaxes(-1, -2))
    a2 = softmax(d ** -0.5 * q2 @ k2.swapaxes(-1, -2)) + gate * a1              # not renormalised
    return [a1 @ v1, a2 @ v2, a2]
