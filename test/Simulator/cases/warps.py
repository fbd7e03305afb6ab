# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Operations of a warp."""

import numpy as np

from corpus import case, i32, launch, out, zero

I32, U32, F64 = np.int32, np.uint32, np.float64
LANES = np.arange(32)


def source(mode, lane, by, control):
    """Returns (lane read, in range) of shfl, as PTX defines them."""
    segment, clamp = control >> 8 & 31, control & 31
    last = (lane & segment) | (clamp & ~segment)
    by &= 31
    at = {
        "up": lane - by,
        "down": lane + by,
        "bfly": lane ^ by,
        "idx": (lane & segment) | (by & ~segment),
    }[mode]
    valid = at >= last if mode == "up" else at <= last
    return (at if valid else lane), valid


def shuffled(x, mode, by, width=32):
    """Returns the result of __shfl_*_sync on whole warps."""
    control = (32 - width) << 8 | (0 if mode == "up" else 31)
    by = np.broadcast_to(by, x.shape)
    at = [
        i // 32 * 32 + source(mode, i % 32, int(by[i]), control)[0]
        for i in range(x.size)
    ]
    return x[at]


@case("CUDA/warps")
def shuffles(rng):
    x = rng.integers(-999, 999, 64).astype(I32)
    i = np.arange(64)
    results = [
        shuffled(x, "idx", 5),
        shuffled(x, "idx", i * 7 & 31),
        shuffled(x, "up", 3),
        shuffled(x, "down", 3),
        shuffled(x, "bfly", 21),
        shuffled(x, "idx", 3, 8),
        shuffled(x, "up", 2, 8),
        shuffled(x, "down", 5, 16),
        shuffled(x, "bfly", 3, 4),
        shuffled(x, "idx", 5),
        shuffled(x, "bfly", 16, 16),
        shuffled(x, "up", i & 3),
    ]
    y = out(I32, 12 * 64)
    return launch("shuffles", 1, 64, [x, y], [(y, np.stack(results))])


@case("CUDA/warps")
def shuffle_predicates(rng):
    x = rng.integers(0, 2**32, 32).astype(U32)
    rows = []
    forms = [("up", 9, 0), ("down", 9, 0x1F), ("bfly", 6, 0x1803), ("idx", 11, 0x181F)]
    for form, by, control in forms:
        pairs = [source(form, int(lane), by, control) for lane in LANES]
        rows += [[x[at] for at, _ in pairs], [valid for _, valid in pairs]]
    y = out(U32, 256)
    expected = np.array(rows).astype(U32)
    return launch("shuffle_predicates", 1, 32, [x, y], [(y, expected)])


@case("CUDA/warps")
def shuffle_types(rng):
    x = rng.standard_normal(32)
    down = np.minimum(LANES + 2, 31)
    down[30:] = LANES[30:]
    expected = np.concatenate(
        [
            x[LANES ^ 9],
            np.trunc(x * 1000)[down] + 0.0,
            x.astype(np.float32)[LANES ^ 1].astype(F64),
        ]
    )
    y = out(F64, 96)
    return launch("shuffle_types", 1, 32, [x, y], [(y, expected)])


@case("CUDA/warps")
def partial_masks(rng):
    x = rng.integers(-99, 99, 32).astype(I32)
    expected = np.full(32, -1, I32)
    expected[::4] = x[::4].sum()
    group = LANES[(LANES % 4 != 0) & (LANES < 16)]
    expected[group] = x[7] - (x[group] > 0).sum()
    y = out(I32, 32)
    return launch("partial_masks", 1, 32, [x, y], [(y, expected)])


def ballot(bits):
    return int(sum(1 << int(lane) for lane in np.nonzero(bits)[0]))


@case("CUDA/warps")
def votes(rng):
    x = rng.integers(-90, 99, 32).astype(I32)
    any_less, all_more = bool((x <= 0).any()), bool((x > 0).all())
    uniform = all_more or not (x > 0).any()
    values = [
        ballot(x > 0),
        (x > 90).any(),
        True,
        all_more,
        ballot(LANES & 2),
        1 + 2 * uniform + 4 * any_less,
    ]
    expected = np.repeat(np.array(values, np.int64), 32).astype(U32)
    y = out(U32, 192)
    return launch("votes", 1, 32, [x, y], [(y, expected)])


@case("CUDA/warps")
def matches(rng):
    x = rng.integers(-4, 4, 32).astype(I32)
    w = rng.integers(0, 3, 32) << 33
    rows = [
        [ballot(x == v) for v in x],
        [ballot(w == v) for v in w],
        [2**32 - 1] * 32,
        [1] * 32,
        [0] * 32,
        [0] * 32,
    ]
    y = out(U32, 192)
    expected = np.array(rows).astype(U32)
    return launch("matches", 1, 32, [x, w, y], [(y, expected)])


@case("CUDA/warps")
def reduce_sync(rng):
    x = rng.integers(-(2**31), 2**31, 32).astype(I32)
    u = x.view(U32)
    values = [
        x.sum(dtype=I32),
        x.min(),
        x.max(),
        x.sum(dtype=I32),
        u.min().view(I32),
        u.max().view(I32),
        np.bitwise_and.reduce(u | 3).view(I32),
        np.bitwise_or.reduce(u & 0xFF00).view(I32),
        np.bitwise_xor.reduce(u).view(I32),
    ]
    expected = np.repeat(np.array(values, I32), 32)
    last = np.where(LANES < 12, x[:12].max(), 0).astype(I32)
    y = out(I32, 320)
    expect = [(y, np.concatenate([expected, last]))]
    return launch("reduce_sync", 1, 32, [x, y], expect)


@case("CUDA/warps")
def lanes(rng):
    lane = np.arange(64) % 32
    lower = (1 << lane.astype(np.int64)) - 1
    own = 1 << lane.astype(np.int64)
    full = 2**32 - 1
    active = [ballot((LANES + base) % 3 == 1) for base in (0, 32)]
    here = np.where(np.arange(64) % 3 == 1, np.repeat(active, 32), 0)
    rows = [
        lane,
        lower,
        lower | own,
        full ^ (lower | own),
        full ^ lower,
        own,
        np.full(64, 32),
        here,
    ]
    y = out(U32, 512)
    return launch("lanes", 1, 64, [y], [(y, np.stack(rows).astype(U32))])


@case("CUDA/warps")
def compact(rng):
    x = rng.integers(0, 1000, 300).astype(I32)
    kept = x[x % 3 == 0]
    y, count = out(I32, kept.size), zero(I32, 1)
    return launch(
        "compact",
        3,
        128,
        [x, y, count, i32(300)],
        [(count, np.array([kept.size], I32))],
        unordered=[([y], kept)],
    )


@case("CUDA/warps")
def sort_warp(rng):
    x = rng.integers(-50, 50, (4, 32)).astype(I32)
    y = out(I32, 128)
    return launch("sort_warp", 4, 32, [x, y], [(y, np.sort(x, 1))])


@case("CUDA/warps")
def shared_warp(rng):
    x = rng.integers(-50, 50, (4, 32)).astype(I32)
    state = x.copy()
    for half in (16, 8, 4, 2, 1):
        moved = np.zeros_like(state)
        moved[:, :half] = state[:, half : 2 * half]
        state = state + moved
    expected = state[:, :1] + np.roll(state, -1, 1)
    y = out(I32, 128)
    return launch("shared_warp", 1, 128, [x, y], [(y, expected)])
