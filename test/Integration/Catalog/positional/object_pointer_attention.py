"""S026 object_pointer_attention: OAT: Object-Level Attention Transformer for Gaze Scanpath Prediction.
prob = softmax(sum_g w_read_g [(dec w_dec + b).(src w_enc + b), 0] / sqrt(512) + b_read), dec by cross attention."""
import numpy as np

from common import attention, merge_heads, normal, softmax, split_heads, up

SIGNATURE = (
    "tensor<?x27x32xf32>, tensor<?x27x3xi32>, tensor<?x9x32xf32>, tensor<?x9x3xi32>, "
    "tensor<15x12xf32>, tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>, "
    "tensor<64x64xf32>, tensor<64xf32>, tensor<64x64xf32>, tensor<64xf32>, tensor<2x64x64xf32>, "
    "tensor<2x64xf32>, tensor<2x64x64xf32>, tensor<2x64xf32>, tensor<2xf32>, tensor<1xf32>",
    "tensor<?x9x28xf32>, tensor<?x9x28xf32>",
)
CASES = [dict(B=2), dict(B=3)]
TOLERANCE = 2e-5
S, T, E, H, P, DP, G = 27, 9, 64, 4, 15, 12, 2
POINTER_DK = 512        # only the scale: the pointer projections of the signature are E wide


def inputs(rng, B):
    def positions(n):
        row_column = rng.integers(0, P, (B, n, 2))
        flag = rng.integers(0, 2, (B, n, 1))
        return np.concatenate([row_column, flag], axis=-1).astype(np.int32)

    arrays = [normal(rng, B, S, E // 2), positions(S), normal(rng, B, T, E // 2), positions(T), normal(rng, P, DP)]
    for _ in range(4):                                      # q, k, v, o
        arrays.append(normal(rng, E, E, scale=E ** -0.5))
        arrays.append(normal(rng, E, scale=0.1))
    for _ in range(2):                                      # enc, dec
        arrays.append(normal(rng, G, E, E, scale=E ** -0.5))
        arrays.append(normal(rng, G, E, scale=0.1))
    arrays.append(normal(rng, G))
    arrays.append(normal(rng, 1))
    return arrays


def embed(appearance, position, pe):
    """[appearance, codes of row, column and flag cut or zero padded to the appearance's width]."""
    half = appearance.shape[-1]
    code = np.concatenate([pe[position[..., 0]], pe[position[..., 1]], pe[position[..., 2]]], axis=-1)
    code = np.concatenate([code, np.zeros(code.shape[:-1] + (half,))], axis=-1)[..., :half]
    return np.concatenate([appearance, code], axis=-1)


def sinusoid(length, width):
    table = np.zeros((length, width))
    for t in range(length):
        for i in range(width // 2):
            angle = t * 10000.0 ** (-2.0 * i / width)
            table[t, 2 * i] = np.sin(angle)
            table[t, 2 * i + 1] = np.cos(angle)
    return table


def reference(app_src, pos_src, app_tgt, pos_tgt, pe, *weights):
    app_src, app_tgt, pe, *weights = up(app_src, app_tgt, pe, *weights)
    w_q, b_q, w_k, b_k, w_v, b_v, w_o, b_o, w_enc, b_enc, w_dec, b_dec, w_read, b_read = weights
    src = embed(app_src, pos_src, pe)
    tgt = embed(app_tgt, pos_tgt, pe)
    tgt = tgt + sinusoid(tgt.shape[1], tgt.shape[2])
    q = split_heads(tgt @ w_q + b_q, H)
    k = split_heads(src @ w_k + b_k, H)
    v = split_heads(src @ w_v + b_v, H)
    dec = tgt + merge_heads(attention(q, k, v, (E / H) ** -0.5)) @ w_o + b_o
    batch, steps, _ = dec.shape
    logits = np.zeros((batch, steps, src.shape[1] + 1))
    for g in range(G):
        pointer = (dec @ w_dec[g] + b_dec[g]) @ (src @ w_enc[g] + b_enc[g]).swapaxes(-1, -2)
        pointer = np.concatenate([pointer, np.zeros((batch, steps, 1))], axis=-1)
        logits += w_read[g] * pointer / np.sqrt(POINTER_DK)
    logits += b_read[0]
    return [logits, softmax(logits)]
