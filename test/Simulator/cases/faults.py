# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each fault makes its check fire; the corrected twin runs clean and right."""

import numpy as np

from corpus import array, case, i32, launch, out, zero

F32, I32 = np.float32, np.int32


def twins(check, source="CUDA/faults"):
    """Registers both twins of the function below, which makes the launch for
    the entry that it is given."""

    def register(make):
        fault = make.__name__

        def bad(rng):
            return make(rng, f"bad_{fault}")

        def good(rng):
            return make(rng, f"good_{fault}")

        bad.__name__, good.__name__ = f"bad_{fault}", f"good_{fault}"
        case(source, fires=check)(bad)
        case(source)(good)
        return make

    return register


def numbers(rng, count):
    return rng.integers(1, 99, count).astype(I32)


@twins("race|undefined")
def shared_race(rng, entry):
    x, y = numbers(rng, 128), out(I32, 128)
    return launch(entry, 1, 128, [x, y], [(y, x[::-1])])


@twins("race")
def write_after_read(rng, entry):
    x, y = numbers(rng, 128), out(I32, 128)
    v = x
    for _ in range(3):
        v = v + np.roll(v, -64)
    return launch(entry, 1, 128, [x, y], [(y, v)])


@twins("race|undefined")
def warp_race(rng, entry):
    x, y = numbers(rng, 32), out(I32, 32)
    return launch(entry, 1, 32, [x, y], [(y, x[::-1])])


@twins("race")
def same_word(rng, entry):
    y = out(I32, 32)
    return launch(entry, 1, 32, [y], [(y, np.arange(32, dtype=I32))])


@twins("race")
def block_race(rng, entry):
    y = zero(I32, 64)
    return launch(entry, 4, 64, [y], [(y, np.full(64, 6, I32))])


@twins("race")
def flag_race(rng, entry):
    data, flag, y = zero(I32, 1), zero(I32, 1), out(I32, 1)
    expect = [(y, np.array([5], I32))]
    return launch(entry, 2, 32, [data, flag, y], expect)


@twins("out of bounds")
def bounds_global(rng, entry):
    x, y = numbers(rng, 100), out(I32, 100)
    return launch(entry, 2, 64, [x, y, i32(100)], [(y, x)])


@twins("out of bounds")
def bounds_before(rng, entry):
    x, y = numbers(rng, 64), out(I32, 64)
    expected = np.concatenate([x[:1], x[:-1]])
    return launch(entry, 1, 64, [x, y], [(y, expected)])


@twins("out of bounds")
def bounds_shared(rng, entry):
    x, y = numbers(rng, 64), out(I32, 64)
    args = [x, y, i32(5)]
    return launch(entry, 1, 64, args, [(y, np.roll(x, -5))], smem=256)


@twins("out of bounds|undefined")
def bounds_local(rng, entry):
    x, y = numbers(rng, 32), out(I32, 32)
    x[3] = 5000
    rows = np.zeros((32, 8), I32)
    for j in range(8):
        rows[:, (j + x[0]) & 7] = x[j] + np.arange(32)
    expected = rows[np.arange(32), x & 7]
    return launch(entry, 1, 32, [x, y], [(y, expected)])


@twins("misaligned")
def misaligned(rng, entry):
    x, y = rng.standard_normal(140).astype(F32), out(F32, 32)
    at = 4 * np.arange(32) + 4
    return launch(entry, 1, 32, [x, y], [(y, x[at] + x[at + 3])])


@twins("undefined")
def undefined_shared(rng, entry):
    x, y = numbers(rng, 64), out(I32, 64)
    return launch(entry, 1, 64, [x, y], [(y, x[::-1])])


@twins("undefined")
def undefined_store(rng, entry):
    x, y = rng.integers(-9, 9, 64).astype(I32), zero(I32, 64)
    return launch(entry, 1, 64, [x, y], [(y, np.where(x > 0, x + 1, 0).astype(I32))])


@twins("undefined")
def undefined_branch(rng, entry):
    x, y = numbers(rng, 32), out(I32, 32)
    return launch(entry, 1, 32, [x, y], [(y, x & 7)])


def tiles(rng, count):
    return rng.standard_normal((count, 4)).astype(F32)


@twins("asynchronous")
def async_wait(rng, entry):
    x, y = tiles(rng, 64), out(F32, 256)
    return launch(entry, 1, 64, [x, y], [(y, x[::-1])])


@twins("asynchronous")
def async_count(rng, entry):
    x, y = tiles(rng, 64), out(F32, 128)
    return launch(entry, 1, 32, [x, y], [(y, x[31::-1])])


@twins("race|asynchronous|undefined")
def async_others(rng, entry):
    x, y = tiles(rng, 64), out(F32, 256)
    return launch(entry, 1, 64, [x, y], [(y, x[::-1])])


@twins("race|asynchronous")
def async_overwrite(rng, entry):
    x, y = tiles(rng, 192), out(F32, 64)
    firsts = x[:, 0].reshape(3, 64)[:, ::-1]
    total = firsts[0] + firsts[1] + firsts[2]
    return launch(entry, 1, 64, [x, y], [(y, total)])


@twins("barrier")
def divergent_barrier(rng, entry):
    x, y = rng.integers(-9, 9, 64).astype(I32), out(I32, 64)
    return launch(entry, 1, 64, [x, y], [(y, x)])


@twins("deadlock")
def missing_warp(rng, entry):
    x, y = numbers(rng, 96), out(I32, 96)
    return launch(entry, 1, 96, [x, y], [(y, x)])


@twins("deadlock")
def missing_arrival(rng, entry):
    x, y = numbers(rng, 64), out(I32, 64)
    return launch(entry, 1, 64, [x, y], [(y, x)])


@twins("undefined")
def exited_lane(rng, entry):
    x, y = numbers(rng, 32), out(I32, 32)
    expected = x[np.arange(32) ^ 1]
    expected[30:] = -1
    return launch(entry, 1, 32, [x, y], [(y, expected)])


@twins("barrier|invalid")
def foreign_mask(rng, entry):
    x, y = rng.integers(-9, 9, 32).astype(I32), out(I32, 32)
    ballot = int(sum(1 << i for i in range(32) if x[i] > 0))
    expected = np.full(32, ballot, np.int64).astype(np.uint32).view(I32)
    return launch(entry, 1, 32, [x, y], [(y, expected)])


@twins("trap")
def trapped(rng, entry):
    x, y = rng.integers(-9, 9, 64).astype(I32), out(I32, 64)
    return launch(entry, 1, 64, [x, y], [(y, x)])


@twins("race")
def source_race(rng, entry):
    start, y = numbers(rng, 128), out(I32, 64)
    x = array(start)
    made = launch(entry, 2, 64, [x, y])
    after = start.copy()
    after[64:] = 3
    # Only block 1 writes the result.
    made.expect = [(x, after, 0), (y, start[:64], 0)]
    return made


@twins("asynchronous|race", "CUDA/faults-bulk")
def bulk_wait(rng, entry):
    x, y = rng.standard_normal(128).astype(F32), out(F32, 128)
    return launch(entry, 1, 128, [x, y], [(y, x[::-1])])


@twins("deadlock", "CUDA/faults-bulk")
def bulk_bytes(rng, entry):
    x, y = rng.standard_normal(128).astype(F32), out(F32, 128)
    return launch(entry, 1, 128, [x, y], [(y, x[::-1])])


@twins("asynchronous|race", "CUDA/faults-bulk")
def bulk_fence(rng, entry):
    x, y = rng.standard_normal(128).astype(F32), out(F32, 128)
    return launch(entry, 1, 128, [x, y], [(y, 2 * x)])


@twins("asynchronous|race", "CUDA/faults-bulk")
def bulk_source(rng, entry):
    x, y = rng.standard_normal(128).astype(F32), out(F32, 128)
    return launch(entry, 1, 128, [x, y], [(y, 2 * x)])


@case("CUDA/indirect", rejects="indirect|functions")
def indirect_call(rng):
    x, y = numbers(rng, 64), out(I32, 64)
    return launch("indirect", 1, 64, [x, y])
