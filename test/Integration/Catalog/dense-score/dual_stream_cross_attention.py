"""S022 dual_stream_cross_attention: On the generalization capacity of neural networks during generic multimodal
reasoning. z = LN(MHA(z, tokens) + z), first with the rule tokens, then with the stimulus tokens."""
import numpy as np

from common import attention, layer_norm, merge_heads, normal, split_heads, up

SIGNATURE = (
    "tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<?x?x64xf32>, tensor<64xf32>, tensor<64xf32>, "
    "tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, "
    "tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>, "
    "tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, "
    "tensor<64xf32>",
    "tensor<?x?x64xf32>",
)
CASES = [
    dict(B=2, L=1, Nr=24, Ns=101),
    dict(B=3, L=7, Nr=37, Ns=50),
    dict(B=1, L=10, Nr=66, Ns=333),
    dict(B=1, L=1, Nr=1, Ns=1),
]
TOLERANCE = 2e-5
C, H, EPS = 64, 4, 1e-5


def inputs(rng, B, L, Nr, Ns):
    # the row's latent is zero; with several latents they are drawn, so that the rows differ
    latent0 = np.zeros((B, L, C), dtype=np.float32) if L == 1 else normal(rng, B, L, C)
    rule = normal(rng, B, Nr, C)
    stim = normal(rng, B, Ns, C)
    ln_g = 1 + normal(rng, C, scale=0.1)
    ln_b = normal(rng, C, scale=0.1)
    weights = []
    for _ in range(8):                                      # q, k, v, o of the rule stage, then of the stimulus stage
        weights.append(normal(rng, C, C, scale=C ** -0.5))
        weights.append(normal(rng, C, scale=0.1))
    return [latent0, rule, stim, ln_g, ln_b] + weights


def multi_head_attention(z, tokens, w_q, b_q, w_k, b_k, w_v, b_v, w_o, b_o):
    q = split_heads(z @ w_q + b_q, H)
    k = split_heads(tokens @ w_k + b_k, H)
    v = split_heads(tokens @ w_v + b_v, H)
    return merge_heads(attention(q, k, v, (C / H) ** -0.5)) @ w_o + b_o


def reference(latent0, rule, stim, ln_g, ln_b, *weights):
    latent0, rule, stim, ln_g, ln_b, *weights = up(latent0, rule, stim, ln_g, ln_b, *weights)
    z = latent0
    for tokens, stage in ((rule, weights[:8]), (stim, weights[8:])):
        z = layer_norm(multi_head_attention(z, tokens, *stage) + z, ln_g, ln_b, EPS)
    return [z]
