# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where the elements of mma fragments lie, as the PTX ISA states it.

Each function returns (row, column) of element `i` of the fragment of a lane.
`g` is the group of the lane, lane / 4, and `t` its number in the group.
"""


def split(lane):
    return lane // 4, lane % 4


def a64(lane, i):
    g, t = split(lane)
    return g + (8 if i % 2 else 0), t + 4 * (i // 2)


def b64(lane, i):
    g, t = split(lane)
    return t + 4 * i, g


def a16(lane, i):
    g, t = split(lane)
    return (g if i in (0, 1, 4, 5) else g + 8), 2 * t + (i & 1) + (8 if i >= 4 else 0)


def b16(lane, i):
    g, t = split(lane)
    return 2 * t + (i & 1) + (8 if i >= 2 else 0), g


def a8(lane, i):
    g, t = split(lane)
    return (g if i < 4 or 8 <= i < 12 else g + 8), 4 * t + (i & 3) + (16 if i >= 8 else 0)


def b8(lane, i):
    g, t = split(lane)
    return 4 * t + (i & 3) + (16 if i >= 4 else 0), g


def a4(lane, i):
    g, t = split(lane)
    return (g if i < 8 or 16 <= i < 24 else g + 8), 8 * t + (i & 7) + (32 if i >= 16 else 0)


def b4(lane, i):
    g, t = split(lane)
    return 8 * t + (i & 7) + (32 if i >= 8 else 0), g


def a1(lane, i):
    g, t = split(lane)
    return (g if i < 32 or 64 <= i < 96 else g + 8), 32 * t + (i & 31) + (128 if i >= 64 else 0)


def b1(lane, i):
    g, t = split(lane)
    return 32 * t + (i & 31) + (128 if i >= 32 else 0), g


def sums(lane, i):
    g, t = split(lane)
    return (g if i < 2 else g + 8), 2 * t + (i & 1)


# The form for sm_70: lanes 0-3 and 16-19 compute the first product, 4-7 and
# 20-23 the second ...; the row or column is within a product.
def upper(lane):
    return 4 if lane >= 16 else 0


def volta_a(by_rows):
    if by_rows:
        return lambda lane, i: (lane % 4 + upper(lane), i)
    return lambda lane, i: (i + upper(lane), lane % 4)


def volta_b(by_rows):
    if by_rows:
        return lambda lane, i: (lane % 4, i + upper(lane))
    return lambda lane, i: (i, lane % 4 + upper(lane))


def volta_sums(bits):
    if bits == 16:
        return lambda lane, i: (lane % 4 + upper(lane), i)
    return lambda lane, i: (
        (lane & 1) + (i & 2) + upper(lane),
        (i & 4) + (lane & 2) + (i & 1),
    )


def volta_product(lane):
    return lane // 4 % 4


A = {64: a64, 32: a64, 16: a16, 8: a8, 4: a4, 1: a1}
B = {64: b64, 32: b64, 16: b16, 8: b8, 4: b4, 1: b1}
