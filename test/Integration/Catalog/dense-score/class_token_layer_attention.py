"""S111 class_token_layer_attention: MemeTector: Enforcing deep focus for meme detection (ViTa).
alpha_l = softmax over patches of w1.y + w2.z_l + b, o = the pooled patches sum alpha z of all layers side by side."""
import numpy as np

from common import normal, softmax, up

SIGNATURE = (
    "tensor<?x?x?x32xf32>, tensor<?x32xf32>, tensor<64xf32>, tensor<1xf32>",
    "tensor<?x?xf32>, tensor<?x?x?xf32>",
)
CASES = [dict(L=4, B=2, N=64), dict(L=3, B=3, N=67), dict(L=2, B=1, N=333), dict(L=1, B=2, N=5)]
TOLERANCE = 2e-5
C = 32


def inputs(rng, L, B, N):
    z = normal(rng, L, B, N + 1, C)                         # token 0 is the class token
    return [z, normal(rng, B, C), normal(rng, 2 * C, scale=(2 * C) ** -0.5), normal(rng, 1)]


def reference(z, y, w, b):
    z, y, w, b = up(z, y, w, b)
    patches = z[:, :, 1:]
    alpha = softmax((y @ w[:C])[:, None] + patches @ w[C:] + b)             # [L, B, N]
    pooled = np.einsum("lbn,lbnc->blc", alpha, patches)
    return [pooled.reshape(len(y), -1), alpha]
