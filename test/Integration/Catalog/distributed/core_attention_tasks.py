"""S083 core_attention_tasks: Efficient Long-context Language Model Training by Core Attention Disaggregation.
Tasks (first query, number of queries, first token of the document) are causal attention inside packed documents."""
import numpy as np

from common import expand_heads, log_sum_exp, normal, softmax, up

SIGNATURE = (
    "tensor<1x4x128x16xf32>, tensor<1x2x128x16xf32>, tensor<1x2x128x16xf32>, tensor<9x3xi32>, tensor<9xi32>",
    "tensor<1x4x128x16xf32>, tensor<1x4x128xf32>, tensor<3xi32>",
)
LAYOUTS = [([40, 24, 64], 16), ([5, 67, 56], 17), ([128], 15), ([1, 1, 59, 67], 20)]   # documents, queries of a task
CASES = [dict(LAYOUT=n) for n in range(len(LAYOUTS))]
TOLERANCE = 2e-5
H, HK, D, TOKENS, TASKS, SERVERS = 4, 2, 16, 128, 9, 3


def task_list(documents, queries):
    """Shards of every document, [TASKS, 3]; the last one of a document may be shorter."""
    tasks, start = [], 0
    for length in documents:
        for first in range(0, length, queries):
            tasks.append((start + first, min(queries, length - first), start))
        start += length
    return np.array(tasks, dtype=np.int32)


def inputs(rng, LAYOUT):
    q, k, v = [normal(rng, 1, heads, TOKENS, D) for heads in (H, HK, HK)]
    tasks = rng.permutation(task_list(*LAYOUTS[LAYOUT]))            # in any order
    server = rng.permutation(np.arange(TASKS) % SERVERS).astype(np.int32)
    return [q, k, v, tasks, server]


def reference(q, k, v, tasks, server):
    q, k, v = up(q, k, v)
    heads, _, d = q.shape[1:]
    k, v = expand_heads(k, heads), expand_heads(v, heads)
    o, lse = np.zeros_like(q), np.zeros(q.shape[:3])
    load = np.zeros(SERVERS, dtype=np.int32)
    for (first, count, start), target in zip(tasks.tolist(), server.tolist()):
        queries, keys = slice(first, first + count), slice(start, first + count)
        visible = np.arange(start, first + count)[None, :] <= np.arange(first, first + count)[:, None]
        scores = d ** -0.5 * q[:, :, queries] @ k[:, :, keys].swapaxes(-1, -2)
        o[:, :, queries] = softmax(scores, visible) @ v[:, :, keys]
        lse[:, :, queries] = log_sum_exp(scores, visible)
        load[target] += visible.sum()
    return [o, lse, load]
