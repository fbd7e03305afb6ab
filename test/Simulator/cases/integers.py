# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Integer arithmetic, against Python's integers."""

import numpy as np

from corpus import array, case, i32, launch, out

I32, U32, I64, U64 = np.int32, np.uint32, np.int64, np.uint64
N = 150
MASK32, MASK64 = 2**32 - 1, 2**64 - 1


def wrap(value, dtype):
    """Returns the integer `value` cut to a type."""
    bits = 8 * np.dtype(dtype).itemsize
    value &= (1 << bits) - 1
    if np.dtype(dtype).kind == "i" and value >> (bits - 1):
        value -= 1 << bits
    return value


def signed(value, bits=32):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def by_element(reference, dtype, *columns):
    """Returns [results, elements] of a function of Python integers."""
    rows = [reference(*map(int, values)) for values in zip(*columns)]
    return np.array([[wrap(v, dtype) for v in row] for row in rows], dtype).T


def draw(rng, dtype, count=N):
    """Returns random bits, small numbers and the ends of the range."""
    info = np.iinfo(dtype)
    x = rng.integers(info.min, info.max, count, dtype, endpoint=True)
    x[::5] >>= rng.integers(0, 8 * info.dtype.itemsize, x[::5].size).astype(dtype)
    x[:8] = info.max, info.min, 0, 1, info.max, info.min, info.max // 2, 3
    return x


def divide(p, q):
    """Division that rounds towards zero."""
    quotient = abs(p) // abs(q)
    return quotient if (p < 0) == (q < 0) else -quotient


def arithmetic(p, q):
    quotient = divide(p, q)
    compare = [p < q, p >= q, min(p, q), max(p, q)]
    bits = [p & q, p | q, p ^ q, ~p, -p]
    shifts = [p << (q & 7), p >> (q & 7)]
    return [p + q, p - q, p * q, quotient, p - q * quotient, *bits, *compare, *shifts]


def register_arithmetic(dtype):
    name = np.dtype(dtype).name

    def run(rng):
        a, b = draw(rng, dtype), rng.permutation(draw(rng, dtype))
        b[b == 0] = 7
        if np.dtype(dtype).kind == "i":
            b[b == -1] = -3
        y = out(dtype, 16 * N)
        entry = f"arithmetic_{name}"
        expected = by_element(arithmetic, dtype, a, b)
        return launch(entry, 3, 64, [a, b, y, i32(N)], [(y, expected)])

    run.__name__ = f"arithmetic_{name}"
    case("CUDA/integers")(run)


for number in (8, 16, 32, 64):
    register_arithmetic(f"int{number}")
    register_arithmetic(f"uint{number}")


def family(rng, entry, reference, count, result=U32, inputs=U32):
    """One kernel of two inputs, against a function of Python integers."""
    a, b = draw(rng, inputs), rng.permutation(draw(rng, inputs))
    y = out(result, count * N)
    expected = by_element(reference, result, a, b)
    return launch(entry, 2, 96, [a, b, y, i32(N)], [(y, expected)])


def products(p, q):
    s, t = p & MASK32, q & MASK32
    wide = signed(p * 0x123456789AB + q, 64)
    return [
        p * q >> 32,
        s * t >> 32,
        p * q,
        s * t,
        signed(signed(p << 8) * signed(q << 8) >> 16),
        (s & 0xFFFFFF) * (t & 0xFFFFFF) & MASK32,
        p * q + wide,
        wide * (q << 20) >> 64,
        (wide & MASK64) * (t << 20) >> 64,
        signed(p, 16) * signed(q, 16) + 5,
        (abs(p - q) + 7) & MASK32,
        (abs(s - t) + 7) & MASK32,
        (p + q) >> 1,
        (s + t + 1) >> 1,
        signed(abs(p)),
        abs(wide),
    ]


@case("CUDA/integers")
def integer_products(rng):
    return family(rng, "products", products, 16, I64, I32)


def parts(value, size):
    """Returns the lanes of a word, low first."""
    return [value >> at & ((1 << size) - 1) for at in range(0, 32, size)]


def reverse(value, size):
    return int(f"{value:0{size}b}"[::-1], 2)


def leading_zeros(value, size):
    return size - value.bit_length()


def first_set(value):
    return (value & -value).bit_length()


def permute(p, q, selector):
    lanes = parts(p, 8) + parts(q, 8)
    result = 0
    for i in range(4):
        choice = selector >> (4 * i) & 15
        byte = lanes[choice & 7]
        if choice & 8:
            byte = 255 if byte & 128 else 0
        result |= byte << (8 * i)
    return result


def dot(p, q, sizes, half, is_signed):
    x, z = parts(p, sizes[0]), parts(q, 8)
    z = z[half : half + len(x)]
    if is_signed:
        x = [signed(v, sizes[0]) for v in x]
        z = [signed(v, 8) for v in z]
    return sum(v * w for v, w in zip(x, z)) + 9


def bits(p, q):
    w, pair = p << 32 | q, q << 32 | p
    wrapped, clamped = q & 31, min(q & 63, 32)
    return [
        p.bit_count(),
        leading_zeros(p, 32),
        reverse(p, 32),
        first_set(p),
        w.bit_count(),
        leading_zeros(w, 64),
        reverse(w, 64) >> 7,
        first_set(w),
        permute(p, q, 0x5140),
        permute(p, q, q & 0x7777),
        pair << wrapped >> 32,
        pair >> wrapped,
        pair << clamped >> 32,
        pair >> clamped,
        dot(p, q, (8, 8), 0, True),
        dot(p, q, (8, 8), 0, False),
        dot(p, q, (16, 8), 0, True),
        dot(p, q, (16, 8), 2, False),
    ]


@case("CUDA/integers")
def integer_bits(rng):
    return family(rng, "bits", bits, 18)


def extract(value, start, length, size, is_signed):
    """bfe: the sign comes from the field's last bit inside the word."""
    if length == 0:
        return 0
    field = (value >> start if start < size else 0) & ((1 << length) - 1)
    if not is_signed:
        return field
    last = min(start + length - 1, size - 1)
    # Beyond the word the field continues with the sign.
    if value >> last & 1:
        width = max(0, min(length, size - start))
        field |= -1 << width
    return field


def insert(low, field, start, length, size):
    """bfi: `field` into `low`; bits beyond the word are lost."""
    mask = ((1 << length) - 1) << start & ((1 << size) - 1)
    return low & ~mask | field << start & mask


def fold(value):
    value &= MASK64
    return value ^ value >> 32


def find(value, size, is_signed):
    if is_signed and value >> (size - 1):
        value ^= (1 << size) - 1
    return value.bit_length() - 1


def mask(start, length, clamp):
    if not clamp:
        start, length = start & 31, length & 31
    return ((1 << length) - 1) << start if start < 32 else 0


def extend(value, length, clamp, is_signed):
    """szext: the low `length` bits with their sign or zeros."""
    length = min(length, 32) if clamp else length & 31
    low = value & ((1 << length) - 1)
    if is_signed and length and low >> (length - 1):
        low -= 1 << length
    return low


def nth_set(value, base, offset):
    """fns: the offset-th set bit from `base` upwards."""
    found = [i for i in range(base, 32) if value >> i & 1]
    return found[offset - 1] if len(found) >= offset else MASK32


def saturated(value):
    return max(-(2**31), min(2**31 - 1, value))


PRMT_MODES = {
    "f4e": ["3210", "4321", "5432", "6543"],
    "b4e": ["5670", "6701", "7012", "0123"],
    "rc8": ["0000", "1111", "2222", "3333"],
    "ecl": ["3210", "3211", "3222", "3333"],
    "rc16": ["1010", "3232", "1010", "3232"],
}


def permute_mode(p, q, mode, selector):
    return permute(p, q, int(PRMT_MODES[mode][selector & 3], 16))


def bit_fields(p, q):
    start, length = q >> 8 & 255, q & 255
    w = q << 32 | p
    sp, sq = signed(p), signed(q)
    return [
        extract(p, start, length, 32, False),
        extract(p, start, length, 32, True),
        insert(p, q, start, length, 32),
        fold(extract(w, start, length, 64, False)),
        fold(extract(w, start, length, 64, True)),
        fold(insert(w, w * 3 & MASK64, start, length, 64)),
        find(p, 32, False),
        find(p, 32, True),
        31 - find(p, 32, False) if p else MASK32,
        find(w, 64, False),
        mask(start, length, True),
        mask(start, length, False),
        extend(p, length, True, True),
        extend(p, length, False, False),
        nth_set(p, q & 31, 2),
        saturated(sp + sq),
        saturated(sp - sq),
        saturated((sp * sq >> 32) + sp),
        *(permute_mode(p, q, mode, start) for mode in PRMT_MODES),
        (p & q) | (~p & start),
    ]


@case("CUDA/integers")
def integer_bit_fields(rng):
    a, b = draw(rng, U32), draw(rng, U32)
    # Fields inside the word, across its end and beyond.
    b[::2] = b[::2] & 0xFFFF0000 | rng.integers(0, 40, 75) << 8 | rng.integers(0, 36, 75)
    y = out(U32, 24 * N)
    expected = by_element(bit_fields, U32, a, b)
    return launch("bit_fields", 2, 96, [a, b, y, i32(N)], [(y, expected)])


@case("CUDA/integers")
def integer_shifts(rng):
    a, b = draw(rng, U32), draw(rng, U32)
    y = out(U32, 12 * N)

    def shifts(p, q, other):
        by, h, sh = q & 127, p & 0xFFFF, signed(p, 16)
        w, sq, uq = p << 32 | other, signed(q, 16), q & 0xFFFF
        return [
            p << by if by < 32 else 0,
            p >> by,
            signed(p) >> by,
            h << by & 0xFFFF,
            h >> by,
            sh >> by & 0xFFFF,
            fold(w << by),
            fold(w >> by),
            fold(signed(w, 64) >> by),
            sh * sq >> 16 & 0xFFFF,
            h * uq,
            sh * sq + p,
        ]

    expected = by_element(shifts, U32, a, b, a[::-1])
    return launch("shifts", 2, 96, [a, b, y, i32(N)], [(y, expected)])


def words(value, count):
    return [value >> (32 * i) & MASK32 for i in range(count)]


def draw_wide(rng, count):
    """Returns [count, 4] words with long runs of carries."""
    x = rng.integers(0, 2**32, (count, 4)).astype(U32)
    x[rng.random((count, 4)) < 0.3] = MASK32
    x[rng.random((count, 4)) < 0.2] = 0
    return x


def joined(row):
    return sum(int(word) << (32 * i) for i, word in enumerate(row))


@case("CUDA/integers")
def carry_chains(rng):
    a, b = draw_wide(rng, 80), draw_wide(rng, 80)
    y = out(U32, 12 * 80)
    rows = []
    for row_a, row_b in zip(a, b):
        p, q = joined(row_a), joined(row_b)
        product = (p & MASK64) * (q & MASK64)
        rows.append(words(p + q, 4) + words(p - q, 4) + words(product, 4))
    return launch("carries", 3, 32, [a, b, y, i32(80)], [(y, np.array(rows, U32))])


@case("CUDA/integers")
def wide_integers(rng):
    a, b = draw_wide(rng, 80), draw_wide(rng, 80)
    y = out(U32, 16 * 80)
    rows = []
    for row_a, row_b in zip(a, b):
        p, q = joined(row_a), joined(row_b)
        results = [p + q, p - q, p * q, p >> (q & 127)]
        rows.append([word for value in results for word in words(value, 4)])
    expect = [(y, np.array(rows, U32))]
    return launch("wide_integers", 3, 32, [array(a), array(b), y, i32(80)], expect)


def by_lane(p, q, size, function, is_signed=False):
    """Applies a function to the lanes of two words."""
    result = 0
    for i, (v, w) in enumerate(zip(parts(p, size), parts(q, size))):
        if is_signed:
            v, w = signed(v, size), signed(w, size)
        result |= (function(v, w) & ((1 << size) - 1)) << (size * i)
    return result


def video(p, q):
    return [
        by_lane(p, q, 8, lambda v, w: v + w),
        by_lane(p, q, 16, lambda v, w: v - w),
        by_lane(p, q, 8, max, True),
        by_lane(p, q, 8, min),
        by_lane(p, q, 8, lambda v, w: abs(v - w)),
        by_lane(p, q, 8, lambda v, w: (v + w + 1) >> 1),
        by_lane(p, q, 8, lambda v, w: 255 if v == w else 0),
        by_lane(p, q, 8, lambda v, w: min(255, v + w)),
        sum(abs(v - w) for v, w in zip(parts(p, 8), parts(q, 8))),
        by_lane(p, q, 16, lambda v, w: abs(v), True),
    ]


@case("CUDA/integers")
def integer_video(rng):
    return family(rng, "video", video, 10)
