"""S060 pose_adaptive_joint_attention: DynamiCtrl: Rethinking the Basic Structure and the Role of Text for High-quality
Human Image Animation. Modulated pose tokens are added to the modulated video tokens; text and video attend jointly."""
import numpy as np

from common import attention, layer_norm, merge_heads, normal, silu, split_heads, up

SIGNATURE = (
    "tensor<?x48x32xf32>, tensor<?x10x32xf32>, tensor<?x48x32xf32>, tensor<?x24xf32>, tensor<192x24xf32>, "
    "tensor<192xf32>, tensor<32xf32>, tensor<32xf32>, tensor<96x24xf32>, tensor<96xf32>, tensor<32xf32>, "
    "tensor<32xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<48x8xf32>, "
    "tensor<48x8xf32>, tensor<32x32xf32>, tensor<32xf32>, tensor<32x32xf32>, tensor<32xf32>, tensor<32x32xf32>, "
    "tensor<32xf32>, tensor<32x32xf32>, tensor<32xf32>",
    "tensor<?x48x32xf32>, tensor<?x10x32xf32>, tensor<?x48x32xf32>",
)
CASES = [dict(B=2), dict(B=1), dict(B=5)]
TOLERANCE = 2e-5
H, D, LT, NV, CT = 2, 16, 10, 48, 24
C = H * D
EPS, QK_EPS = 1e-5, 1e-6


def inputs(rng, B):
    def norm(width):
        return [1 + normal(rng, width, scale=0.1), normal(rng, width, scale=0.1)]

    def linear(out, width):
        return [normal(rng, out, width, scale=width ** -0.5), normal(rng, out, scale=0.1)]

    tokens = [normal(rng, B, NV, C), normal(rng, B, LT, C), normal(rng, B, NV, C), normal(rng, B, CT)]
    angle = np.arange(NV)[:, None] * 100.0 ** (-np.arange(D // 2) / (D // 2))
    rotation = [np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)]
    return (tokens + linear(6 * C, CT) + norm(C) + linear(3 * C, CT) + norm(C) + norm(D) + norm(D) + rotation
            + linear(C, C) + linear(C, C) + linear(C, C) + linear(C, C))


def chunks(e, w, b, count):
    """Equal chunks of e w^T + b, each [B, 1, C]."""
    return np.split((e @ w.T + b)[:, None], count, axis=-1)


def rotate(x, cos, sin):
    """Rotates the pairs of channels (2 i, 2 i + 1)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)


def reference(*arrays):
    video, text, pose, temb, mod_w, mod_b, ln_g, ln_b, pose_w, pose_b, pose_g, pose_be, *arrays = up(*arrays)
    qn_g, qn_b, kn_g, kn_b, cos, sin, wq, bq, wk, bk, wv, bv, wo, bo = arrays
    e = silu(temb)
    shift, scale, gate, t_shift, t_scale, t_gate = chunks(e, mod_w, mod_b, 6)
    p_shift, p_scale, p_gate = chunks(e, pose_w, pose_b, 3)
    video_norm = layer_norm(video, ln_g, ln_b, EPS) * (1 + scale) + shift
    text_norm = layer_norm(text, ln_g, ln_b, EPS) * (1 + t_scale) + t_shift
    pose_norm = layer_norm(pose, pose_g, pose_be, EPS) * (1 + p_scale) + p_shift
    z = np.concatenate([text_norm, video_norm + pose_norm], axis=1)
    q, k, v = [split_heads(z @ w.T + b, H) for w, b in ((wq, bq), (wk, bk), (wv, bv))]
    q, k = layer_norm(q, qn_g, qn_b, QK_EPS), layer_norm(k, kn_g, kn_b, QK_EPS)
    for x in (q, k):
        x[:, :, LT:] = rotate(x[:, :, LT:], cos, sin)               # text rows are not rotated
    o = merge_heads(attention(q, k, v, D ** -0.5)) @ wo.T + bo
    return [video + gate * o[:, LT:], text + t_gate * o[:, :LT], pose_norm + p_gate * pose_norm]
