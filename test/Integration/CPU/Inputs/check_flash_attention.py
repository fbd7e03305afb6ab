# Compares the functions of tile-flash-attention.mlir with a plain computation.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: check_flash_attention.py FILE TARGET...

import sys

import numpy as np

from tile_module import Module

BATCH, HEADS, D = 2, 2, 128


def reference(q, k, v, causal):
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    nq, nk = q.shape[2], k.shape[2]
    visible = np.ones((nq, nk), bool)
    if causal:
        visible = np.arange(nk) <= np.arange(nq)[:, None] + nk - nq
    s = np.where(visible, q @ k.swapaxes(-1, -2) / np.sqrt(D), -np.inf)
    m = s.max(-1, keepdims=True)
    p = np.exp(s - np.where(np.isneginf(m), 0, m))
    l = p.sum(-1, keepdims=True)
    # 0 * NaN is NaN: a masked pair must have no influence at all.
    o = np.zeros((BATCH, HEADS, nq, D))
    for i in range(nq):
        o[:, :, i] = np.einsum(
            "bhk,bhkd->bhd", p[:, :, i, visible[i]], v[:, :, visible[i]]
        )
    return o / np.where(l == 0, 1, l), (m + np.log(l))[..., 0]


def inputs(rng, n):
    """Rows in the middle of an array of NaN."""
    array = np.full((BATCH, HEADS, n + 80, D), np.nan, np.float32)
    view = array[:, :, 5 : 5 + n]
    view[:] = rng.standard_normal(view.shape, dtype=np.float32)
    return view


def check(module, name, nq, nk, rng):
    causal = name == "causal"
    q, k, v = inputs(rng, nq), inputs(rng, nk), inputs(rng, nk)
    if causal and nk > 2:
        v[0, 0, nk - 1], k[1, 1, nk - 2] = np.nan, np.inf
    o = np.full((BATCH, HEADS, nq, D), np.nan, np.float32)
    lse = np.full((BATCH, HEADS, nq), np.nan, np.float32)
    module(name, q, k, v, o, lse)
    expected, expected_lse = reference(q, k, v, causal)
    for found, wanted in ((o, expected), (lse, expected_lse)):
        finite = np.isfinite(wanted)
        special = np.where(finite, 0, wanted)
        np.testing.assert_array_equal(np.where(finite, 0, found), special)
        error = np.linalg.norm((found - wanted)[finite])
        norm = np.linalg.norm(wanted[finite])
        assert error <= 1e-6 * norm, (name, nq, nk, error / norm)


def main():
    np.seterr(all="ignore")
    for target in sys.argv[2:]:
        module = Module(open(sys.argv[1]).read(), target)
        rng = np.random.default_rng(0)
        for name in ("dense", "causal"):
            for nq in (63, 100, 1, 333):
                for nk in (63, 100, 1, 333):
                    check(module, name, nq, nk, rng)
            print(f"{name} agrees on {target}")
        # A run-time check is reported.
        q = inputs(rng, 3)
        o, lse = np.zeros_like(q), np.zeros((BATCH, HEADS, 3), np.float32)
        module("dense", q, q, inputs(rng, 4), o, lse)
        assert module.failed_checks() == 1


if __name__ == "__main__":
    main()
