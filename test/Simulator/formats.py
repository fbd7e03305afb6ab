# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Number formats that numpy lacks, and correctly rounded arithmetic on them.

bf16 travels as uint16 and fp8 as uint8. Directed roundings are computed with
exact fractions, so that they do not depend on the arithmetic of the host.
"""

import math
from fractions import Fraction

import numpy as np


def bf16_bits(values):
    """Returns the bits of `values` rounded to bf16, nearest even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16
    return np.where(np.isnan(values), 0x7FFF, rounded).astype(np.uint16)


def bf16_values(bits):
    """Returns the f32 values of bf16 bits."""
    return (np.asarray(bits).astype(np.uint32) << 16).view(np.float32)


def tf32(values, mode="away"):
    """Returns f32 `values` cut to the 10 fraction bits of tf32.

    Mode `away` is the one of cvt.rna: ties go away from zero.
    """
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    if mode == "away":
        bits = bits + 0x1000
    return (bits & np.uint32(0xFFFFE000)).view(np.float32)


def _fp8_table(exponent_bits, fraction_bits, bias):
    """Returns the values of the codes 0 ... 127, without infinities and NaN."""
    table = []
    for code in range(128):
        exponent = code >> fraction_bits
        fraction = code & ((1 << fraction_bits) - 1)
        if exponent == 0:
            value = math.ldexp(fraction, 1 - bias - fraction_bits)
        else:
            fraction += 1 << fraction_bits
            value = math.ldexp(fraction, exponent - bias - fraction_bits)
        table.append(value)
    if exponent_bits == 5:
        return np.array(table[:0x7C])
    return np.array(table[:0x7F])


E4M3 = _fp8_table(4, 3, 7)
E5M2 = _fp8_table(5, 2, 15)


def fp8_bits(values, table):
    """Returns the codes of `values`: nearest even, the largest finite value
    beyond the range, NaN as 0x7f."""
    values = np.asarray(values, np.float64)
    size = np.abs(values)
    high = np.clip(np.searchsorted(table, size), 1, len(table) - 1)
    low = high - 1
    below = size - table[low]
    above = table[high] - size
    take_high = (above < below) | ((above == below) & (high % 2 == 0))
    code = np.where(take_high, high, low)
    code = np.where(np.isnan(values), 0x7F, code)
    sign = np.where(np.signbit(values) & ~np.isnan(values), 0x80, 0)
    return (code | sign).astype(np.uint8)


def fp8_values(bits, table):
    """Returns the f32 values of finite codes; NaN for the others."""
    bits = np.asarray(bits).astype(np.int64)
    code = bits & 0x7F
    values = table[np.minimum(code, len(table) - 1)]
    values = np.where(code < len(table), values, np.nan)
    return np.where(bits & 0x80, -values, values).astype(np.float32)


# Fraction bits, smallest and largest exponent of the formats of `rounded`.
F16 = (10, -14, 15)
BF16 = (7, -126, 127)
F32 = (23, -126, 127)
F64 = (52, -1022, 1023)


def exact(value):
    """Returns a finite number as a fraction."""
    return Fraction(float(value))


def _quantised(scaled, mode):
    """Returns the integer to which the fraction `scaled` is rounded."""
    floor = scaled.numerator // scaled.denominator
    rest = scaled - floor
    if rest == 0:
        return floor
    if mode == "rm":
        return floor
    if mode == "rp":
        return floor + 1
    if mode == "rz":
        return floor if scaled > 0 else floor + 1
    if rest == Fraction(1, 2):
        return floor + (floor & 1)
    return floor + (rest > Fraction(1, 2))


def rounded(value, form=F32, mode="rn"):
    """Returns the fraction `value` rounded to a format, as a Python float.

    A value of zero gives a positive zero.
    """
    value = Fraction(value)
    if value == 0:
        return 0.0
    fraction_bits, least, greatest = form
    size = abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    unit = Fraction(2) ** (max(exponent, least) - fraction_bits)
    result = _quantised(value / unit, mode) * unit
    if result == 0 and value < 0:
        return -0.0
    limit = (2 - Fraction(1, 1 << fraction_bits)) * Fraction(2) ** greatest
    if abs(result) > limit:
        towards_zero = mode == "rz" or mode == ("rm" if value > 0 else "rp")
        result = limit if towards_zero else math.inf
        result = result if value > 0 else -result
    return float(result)


def rounded_sqrt(value, form=F32, mode="rn"):
    """Returns the correctly rounded square root of a non-negative number."""
    value = exact(value)
    if value == 0:
        return 0.0
    # A root with 200 bits; the sticky bit keeps the direction of what is lost.
    shift = 400
    scaled = value * (1 << shift)
    root = math.isqrt(scaled.numerator // scaled.denominator)
    approximate = Fraction(root, 1 << (shift // 2))
    if approximate * approximate != value:
        approximate += Fraction(1, 1 << (shift // 2 + 1))
    return rounded(approximate, form, mode)
