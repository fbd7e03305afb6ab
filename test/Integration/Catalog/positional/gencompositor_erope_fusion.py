"""S073 gencompositor_erope_fusion: GenCompositor: Generative Video Compositing with Diffusion Transformer.
Text, background and foreground attend jointly; foreground positions lie below the background grid, at (t, y + Y, x)."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    ", ".join(["tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>"] * 3)
    + ", tensor<?x2x48x16xf32>, tensor<?x48xi1>",
    "tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>",
)
CASES = [dict(B=1, L=6), dict(B=2, L=67), dict(B=1, L=257), dict(B=3, L=5)]
TOLERANCE = 2e-5
H, T, Y, X, D = 2, 2, 4, 6, 16
THETA = 10000.0


def inputs(rng, B, L):
    lengths = (L, T * Y * X, T * Y * X)                     # text, background, foreground of q, of k, of v
    streams = [normal(rng, B, H, n, D) for _ in range(3) for n in lengths]
    return streams + [normal(rng, B, H, T * Y * X, D), rng.integers(0, 2, (B, T * Y * X)).astype(bool)]


def angles(below):
    """[T Y X, D / 2]: the pairs of D/4 channels turn with t, of 3D/8 with y, of 3D/8 with x."""
    t, y, x = np.indices((T, Y, X)).reshape(3, -1)
    sections = [(t, D // 4), (y + below, 3 * D // 8), (x, 3 * D // 8)]
    return np.concatenate([p[:, None] * THETA ** (-2.0 * np.arange(n // 2) / n) for p, n in sections], axis=-1)


def rotate(x, angle):
    """Rotates the pairs of channels (2 i, 2 i + 1)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1).reshape(x.shape)


def reference(*arrays):
    *streams, edit_mask = arrays
    q_text, q_bg, q_fg, k_text, k_bg, k_fg, v_text, v_bg, v_fg, branch = up(*streams)
    bg, fg = angles(0), angles(Y)
    q = np.concatenate([q_text, rotate(q_bg, bg), rotate(q_fg, fg)], axis=2)
    k = np.concatenate([k_text, rotate(k_bg, bg), rotate(k_fg, fg)], axis=2)
    v = np.concatenate([v_text, v_bg, v_fg], axis=2)
    first = q_text.shape[2]
    o_text, o_bg, o_fg = np.split(attention(q, k, v, D ** -0.5), [first, first + T * Y * X], axis=2)
    return [o_text, o_bg + np.where(edit_mask[:, None, :, None], 0.0, branch), o_fg]
