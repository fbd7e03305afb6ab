# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Divergent control flow and barriers of a block."""

import numpy as np

from corpus import case, i32, launch, out

F32, I32, U32 = np.float32, np.int32, np.uint32


@case("CUDA/control")
def collatz(rng):
    x = rng.integers(1, 1000, 150).astype(U32)

    def steps(v):
        count = 0
        while v != 1:
            v = 3 * v + 1 if v % 2 else v // 2
            count += 1
        return count

    expected = np.array([steps(int(v)) for v in x], I32)
    y = out(I32, 150)
    return launch("collatz", 2, 96, [x, y, i32(150)], [(y, expected)])


@case("CUDA/control")
def mandelbrot(rng):
    width, rows, limit = 61, 17, 200
    re = (F32(-2) + F32(3 / 64) * np.arange(width, dtype=F32))[None, :]
    im = (F32(-1) + F32(1 / 8) * np.arange(rows, dtype=F32))[:, None]
    re, im = np.broadcast_arrays(re, im)
    p, q = np.zeros_like(re), np.zeros_like(re)
    count, alive = np.zeros(re.shape, I32), np.ones(re.shape, bool)
    with np.errstate(all="ignore"):
        for _ in range(limit):
            alive &= p * p + q * q < 4
            count += alive
            p, q = p * p - q * q + re, F32(2) * p * q + im
    y = out(I32, count.size)
    args = [y, i32(width), i32(limit)]
    return launch("mandelbrot", (2, rows), 32, args, [(y, count)])


@case("CUDA/control")
def nested(rng):
    n = 30
    x = rng.integers(-40, 40, n).astype(I32)
    x[17] = 99

    def run(i):
        total = 0
        for a in range(n):
            if int(np.fmod(x[a], 5)) == i % 5:
                continue
            for b in range(a, n):
                if int(np.fmod(x[a] + x[b] + i, 7)) == 0:
                    break
                if x[b] == 99 and i % 2:
                    return total
                total += int(x[b]) - b
        return 2 * total

    expected = np.array([run(i) for i in range(75)], I32)
    y = out(I32, 75)
    return launch("nested", 1, 75, [x, y, i32(n)], [(y, expected)])


def wrapped(v):
    return (v + 2**31) % 2**32 - 2**31


def switch(x, i):
    v = 1
    for j in range(4):
        digit = x >> (4 * j) & 15
        if digit == 0:
            v += 3
        elif digit == 1:
            v = wrapped(v * 5) ^ i
        elif digit == 2:
            v ^= i
        elif digit == 3:
            v = -v
        elif digit == 5:
            v <<= 2
        elif digit == 8:
            v = abs(v) // 3 * (1 if v > 0 else -1)
        elif digit == 13:
            return v
        else:
            v -= j
    return v


@case("CUDA/control")
def switches(rng):
    x = rng.integers(0, 65536, 200).astype(I32)
    expected = [switch(int(v), i) for i, v in enumerate(x)]
    y = out(I32, 200)
    expect = [(y, np.array(expected, I32))]
    return launch("switches", 2, 128, [x, y, i32(200)], expect)


@case("CUDA/control")
def jump_table(rng):
    x = rng.integers(0, 4, 64).astype(I32)
    i = np.arange(64)
    expected = np.choose(x, [i + 100, 3 * i, -i, i + 100]).astype(I32)
    y = out(I32, 64)
    return launch("jump_table", 1, 64, [x, y], [(y, expected)])


@case("CUDA/control")
def search(rng):
    table = np.sort(rng.integers(0, 500, 77)).astype(I32)
    x = rng.integers(-5, 510, 210).astype(I32)
    expected = np.searchsorted(table, x).astype(I32)
    y = out(I32, 210)
    args = [table, i32(77), x, y, i32(210)]
    return launch("search", 3, 96, args, [(y, expected)])


@case("CUDA/control")
def bitonic(rng):
    x = rng.standard_normal(199).astype(F32)
    y = out(F32, 199)
    return launch("bitonic", 1, 256, [x, y, i32(199)], [(y, np.sort(x))])


@case("CUDA/control")
def early_exit(rng):
    x = rng.integers(0, 999, 128).astype(I32)
    turned = x[95::-1][:96] + 1
    expected = np.concatenate([np.roll(turned, -40), -x[96:]])
    y = out(I32, 128)
    return launch("early_exit", 1, 128, [x, y], [(y, expected)])


@case("CUDA/control")
def barrier_votes(rng):
    x = rng.integers(-999, 1000, 96).astype(I32)
    y = out(I32, 96)
    expected = np.full(96, (x > 0).sum() + 1000, I32)
    return launch("barrier_votes", 1, 96, [x, y], [(y, expected)])
