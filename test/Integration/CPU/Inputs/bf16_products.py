"""Compares attention on bf16 with its formula in f64 and, step by step, in bf16.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

Usage: bf16_products.py CPU
       bf16_products.py emulated-amx CLANG RUNTIME
"""
import os
import sys
import tempfile

import numpy as np

import emulated_amx
from reference import INF, NAN, call, from_bf16, normal, to_bf16

CPU, *TOOLS = sys.argv[1:]
# The largest relative error of a result; that of rounding it is 1.2e-3.
LIMIT = 3e-3

CAUSAL, FIRST = "causal", "where { j < 100 }"
WEIGHTS = {
    "exp": "",
    "relu": "weight relu normalise none",
    "identity": "weight identity normalise none",
}

# Heads of queries and of keys, queries, keys, features of both and of values,
# the mask and the weight.
CASES = [
    (4, 2, 77, 131, 64, 64, None, "exp"),
    (4, 2, 77, 131, 33, 33, None, "exp"),
    (3, 3, 77, 131, 80, 48, FIRST, "exp"),
    (2, 1, 131, 131, 128, 128, CAUSAL, "exp"),
    (4, 4, 300, 300, 40, 17, CAUSAL, "exp"),
    (2, 2, 150, 260, 64, 96, None, "exp"),
    (2, 2, 29, 131, 2, 2, CAUSAL, "exp"),
    (2, 2, 29, 131, 1, 16, None, "exp"),
    (2, 2, 29, 131, 16, 1, FIRST, "exp"),
    (2, 2, 17, 131, 15, 31, FIRST, "relu"),
    (2, 2, 64, 70, 31, 8, None, "identity"),
    (4, 2, 77, 131, 16, 40, CAUSAL, "exp"),
    (3, 3, 21, 45, 40, 48, None, "exp"),
    (2, 2, 77, 130, 40, 64, FIRST, "exp"),
    (2, 2, 77, 130, 33, 33, CAUSAL, "exp"),
    (2, 1, 45, 45, 48, 80, CAUSAL, "exp"),
    (8, 2, 3, 333, 64, 64, None, "exp"),
    (8, 2, 1, 333, 48, 48, FIRST, "exp"),
]

# Numbers of queries and keys that types hold: tiles have their sizes.
STATIC = [(21, 45), (45, 45)]
# Those whose keys are columns in memory.
COLUMNS = [(77, 130)]


def text(heads, groups, n, m, d, dv, mask, weight, in_columns):
    """A function of one attention; its mask is a clause of attn.mask."""
    q, k = f"tensor<?x{heads}x{n}x{d}xbf16>", f"tensor<?x{groups}x{m}x{d}xbf16>"
    v, o = f"tensor<?x{groups}x{m}x{dv}xbf16>", f"tensor<?x{heads}x{n}x{dv}xbf16>"
    dots, values = "%q * %k", "%v"
    if in_columns:
        k = f"tensor<?x{groups}x{d}x{m}xbf16>"
        dots, values = "%q[b, h, i, :] * %k[b, h, :, j]", "%v[b, h, j, :]"
    types = [q, k, v] + (["!attn.mask<1, 1>"] if mask else [])
    spelled = f"attn.mask.{mask}" if mask == CAUSAL else f"attn.mask {mask}"
    return f"""func.func @f(%q: {q}, %k: {k}, %v: {v}) -> {o} {{
  {f"%m = {spelled}" if mask else ""}
  %o = attn.attention dots({dots}) values({values}) {"mask(%m)" if mask else ""} scale = {d ** -0.5}
    {WEIGHTS[weight]} : {", ".join(types)} -> {o}
  return %o : {o}
}}
"""


def shown(mask, n, m):
    i, j = np.arange(n)[:, None], np.arange(m)[None, :]
    return {None: j >= 0, CAUSAL: j <= i, FIRST: j < 100}[mask] & (i >= 0)


def evaluate(q, k, v, mask, weight, step):
    """The formula; `step` rounds what each step yields."""
    repeat = lambda x: np.repeat(x, q.shape[1] // x.shape[1], axis=1)
    scores = step(np.einsum("bhid,bhjd->bhij", q, repeat(k)) * q.shape[3] ** -0.5)
    visible = shown(mask, q.shape[2], k.shape[2])
    if weight == "exp":
        scores = np.where(visible, scores, -INF)
        weights = step(np.exp(scores - scores.max(-1, keepdims=True)))
        weights = step(weights / weights.sum(-1, keepdims=True))
    else:
        weights = np.where(visible, np.maximum(scores, 0) if weight == "relu" else scores, 0)
    return step(np.einsum("bhij,bhjd->bhid", weights, repeat(v)))


def run(program, arrays, shape):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "f.mlir")
        with open(path, "w") as file:
            file.write(program)
        if CPU == "emulated-amx":
            output = emulated_amx.call(path, [to_bf16(a) for a in arrays], shape, *TOOLS)
            return from_bf16(output).astype(np.float64)
        process, outputs = call(path, "f", [to_bf16(a) for a in arrays], 1, f"--cpu={CPU}")
    if process.returncode:
        sys.exit(f"{program}\n{process.stderr}")
    return from_bf16(outputs[0]).astype(np.float64)


def relative(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


for heads, groups, n, m, d, dv, mask, weight in CASES:
    # Few rows, single features and single columns have no products of tiles.
    if CPU == "emulated-amx" and (n < 16 or min(d, dv) == 1):
        continue
    sizes = (n, m) if (n, m) in STATIC else ("?", "?")
    program = text(heads, groups, *sizes, d, dv, mask, weight, (n, m) in COLUMNS)
    inputs = [normal(2, heads, n, d), normal(2, groups, m, d), normal(2, groups, m, dv)]
    inputs = [from_bf16(to_bf16(a)) for a in inputs]
    wide = [a.astype(np.float64) for a in inputs]
    exact = evaluate(*wide, mask, weight, lambda x: x)
    stepwise = evaluate(*inputs, mask, weight, lambda x: from_bf16(to_bf16(x)))
    # What nobody sees may hold anything. The last key is seen by the last query.
    if mask == FIRST:
        inputs[1][:, :, 100:], inputs[2][:, :, 100:115], inputs[2][:, :, 115:] = NAN, NAN, -INF
    if mask == CAUSAL and n == m:
        inputs[1][:, :, -1], inputs[2][:, :, -1] = NAN, INF
    if (n, m) in COLUMNS:
        inputs[1] = inputs[1].swapaxes(2, 3)
    found = run(program, inputs, (2, heads, n, dv))
    if mask == CAUSAL and n == m:
        if not np.isnan(found[:, :, -1]).all():
            sys.exit(f"{program}\nthe last query does not see the last key")
        found, exact, stepwise = (x[:, :, :-1] for x in (found, exact, stepwise))
    error, bound = relative(found, exact), 2 * relative(stepwise, exact)
    if not error <= min(bound, LIMIT):
        sys.exit(f"{program}\nerror {error:.2e}, in bf16 {bound / 2:.2e}")
    print(f"ok {heads}/{groups} heads, {n} x {m}, {d}, {dv}: {error:.1e} ({bound / 2:.1e})")
