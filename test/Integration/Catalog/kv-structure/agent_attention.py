"""S126 agent_attention: Agent Attention: On the Integration of Softmax and Linear Attention. Pooled queries attend to
the keys, the queries attend to the pooled ones, both with biases; a depthwise convolution of the values is added."""
import numpy as np

from common import attention, normal, up

SIGNATURE = (
    "tensor<?x2x196x16xf32>, tensor<?x2x196x16xf32>, tensor<?x2x196x16xf32>, tensor<2x49x7x7xf32>, "
    "tensor<2x49x14xf32>, tensor<2x49x14xf32>, tensor<2x49x7x7xf32>, tensor<2x14x49xf32>, tensor<2x14x49xf32>, "
    "tensor<32x3x3xf32>, tensor<32xf32>",
    "tensor<?x2x196x16xf32>",
)
CASES = [dict(B=1), dict(B=3), dict(B=5)]
TOLERANCE = 2e-5
H, Y, X, D, P, BM = 2, 14, 14, 16, 7, 7
AGENTS = P * P


def inputs(rng, B):
    q, k, v = [normal(rng, B, H, Y * X, D) for _ in range(3)]
    biases = [normal(rng, H, AGENTS, BM, BM), normal(rng, H, AGENTS, Y), normal(rng, H, AGENTS, X)]
    biases += [normal(rng, H, AGENTS, BM, BM), normal(rng, H, Y, AGENTS), normal(rng, H, X, AGENTS)]
    return [q, k, v] + biases + [normal(rng, H * D, 3, 3, scale=1 / 3), normal(rng, H * D, scale=0.1)]


def pool_matrix(length, parts):
    """[parts, length]: part o is the mean of floor(o L / P) .. ceil((o + 1) L / P) - 1."""
    matrix = np.zeros((parts, length))
    for o in range(parts):
        low, high = o * length // parts, -(-(o + 1) * length // parts)
        matrix[o, low:high] = 1 / (high - low)
    return matrix


def resize_matrix(length, size):
    """[size, length]: linear interpolation with half-pixel centres, constant beyond the first and the last one."""
    at = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    return np.maximum(0.0, 1 - np.abs(at[:, None] - np.arange(length)))


def resize(maps):
    """[H, A, BM, BM] to [H, A, Y, X]."""
    return resize_matrix(BM, Y) @ maps @ resize_matrix(BM, X).T


def depthwise(image, kernel):
    """3 x 3 correlation of every channel of [B, channels, Y, X], zeros outside."""
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    taps = [kernel[:, i, j, None, None] * padded[:, :, i:i + Y, j:j + X] for i in range(3) for j in range(3)]
    return sum(taps)


def reference(q, k, v, an, ah, aw, na, ha, wa, dw, db):
    q, k, v, an, ah, aw, na, ha, wa, dw, db = up(q, k, v, an, ah, aw, na, ha, wa, dw, db)
    batch, heads, tokens, d = q.shape
    image = q.reshape(batch, heads, Y, X, d)
    agent = np.einsum("py,rx,bhyxd->bhprd", pool_matrix(Y, P), pool_matrix(X, P), image)
    agent = agent.reshape(batch, heads, AGENTS, d)
    gather = resize(an) + ah[..., None] + aw[:, :, None]                                    # [H, A, Y, X]
    spread = resize(na) + ha.swapaxes(1, 2)[..., None] + wa.swapaxes(1, 2)[:, :, None]
    v_agent = attention(agent, k, v, d ** -0.5, bias=gather.reshape(heads, AGENTS, tokens))
    o = attention(q, agent, v_agent, d ** -0.5, bias=spread.reshape(heads, AGENTS, tokens).swapaxes(1, 2))
    local = depthwise(v.swapaxes(-1, -2).reshape(batch, heads * d, Y, X), dw) + db[:, None, None]
    return [o + local.reshape(batch, heads, d, tokens).swapaxes(-1, -2)]
