# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Floating-point formats and rounding with exact fractions: slow and plain."""

import math
from dataclasses import dataclass
from fractions import Fraction

NAN, INF = "nan", "inf"


@dataclass(frozen=True)
class Format:
    """`mantissa` counts without the hidden bit."""

    exponent: int
    mantissa: int
    has_infinity: bool = True

    @property
    def bias(self):
        return (1 << (self.exponent - 1)) - 1

    @property
    def sign(self):
        return 1 << (self.exponent + self.mantissa)

    @property
    def infinity(self):
        """The first code that is not finite."""
        return self.sign - (1 << self.mantissa if self.has_infinity else 1)

    @property
    def nan(self):
        return 0xFFF8 << 48 if self.exponent == 11 else self.sign - 1

    def decode(self, code):
        """(sign, value), where value is a Fraction, INF or NAN."""
        sign, magnitude = bool(code & self.sign), code & (self.sign - 1)
        if magnitude >= self.infinity:
            is_infinity = self.has_infinity and magnitude == self.infinity
            return sign, INF if is_infinity else NAN
        exponent = magnitude >> self.mantissa
        significand = magnitude & ((1 << self.mantissa) - 1)
        if exponent:
            significand |= 1 << self.mantissa
        shift = max(exponent, 1) - self.bias - self.mantissa
        value = Fraction(significand << max(shift, 0), 1 << max(-shift, 0))
        return sign, -value if sign else value

    def encode(self, sign, value, mode="rn", saturate=False):
        """The code of `value`, rounded; `sign` is that of a zero."""
        if value == NAN:
            return self.nan
        if value == INF:
            code = self.infinity - 1 if saturate else self.infinity
            return code | (self.sign if sign else 0)
        if value:
            sign = value < 0
        code = self.round_magnitude(abs(value), sign, mode)
        if code >= self.infinity:
            toward_zero = mode == "rz" or mode == ("rp" if sign else "rm")
            code = self.infinity - (1 if saturate or toward_zero else 0)
        return code | (self.sign if sign else 0)

    def round_magnitude(self, value, sign, mode):
        if not value:
            return 0
        top, bottom = value.numerator, value.denominator
        exponent = top.bit_length() - bottom.bit_length()
        if top << max(-exponent, 0) < bottom << max(exponent, 0):
            exponent -= 1
        exponent = max(exponent, 1 - self.bias)
        # In units of the last place.
        shift = self.mantissa - exponent
        unit = bottom << max(-shift, 0)
        kept, rest = divmod(top << max(shift, 0), unit)
        if mode == "rn":
            up = 2 * rest > unit or (2 * rest == unit and kept & 1)
        elif mode == "rna":
            up = 2 * rest >= unit
        else:
            up = rest and mode == ("rm" if sign else "rp")
        return ((exponent + self.bias - 1) << self.mantissa) + kept + bool(up)

    def flush(self, code):
        """`.ftz`: subnormal codes become zero."""
        return code & self.sign if not code >> self.mantissa & ((1 << self.exponent) - 1) else code


F64, F32, F16 = Format(11, 52), Format(8, 23), Format(5, 10)
BF16, TF32 = Format(8, 7), Format(8, 10)
E4M3, E5M2 = Format(4, 3, False), Format(5, 2)


def add(x, y, mode="rn"):
    """Adds (sign, value) pairs."""
    (s, a), (t, b) = x, y
    if a == NAN or b == NAN or (a == INF and b == INF and s != t):
        return False, NAN
    if a == INF or b == INF:
        return (s if a == INF else t), INF
    total = a + b
    if total:
        return total < 0, total
    # A zero keeps a common sign; otherwise the mode decides.
    return (s if s == t else mode == "rm"), total


def multiply(x, y):
    (s, a), (t, b) = x, y
    if a == NAN or b == NAN or (a == INF and b == 0) or (b == INF and a == 0):
        return False, NAN
    return s != t, INF if a == INF or b == INF else a * b


def divide(x, y):
    (s, a), (t, b) = x, y
    if a == NAN or b == NAN or (a == INF and b == INF) or (a == 0 and b == 0):
        return False, NAN
    if a == INF or b == 0:
        return s != t, INF
    return s != t, Fraction(0) if b == INF else a / b


def negate(x):
    sign, value = x
    return not sign, value if value in (NAN, INF) else -value


def square_root(x, bits=200):
    """Of (sign, value): truncated far below any format, with a sticky bit."""
    sign, a = x
    if a == NAN or (sign and a != 0):
        return False, NAN
    if a == INF or a == 0:
        return sign, a
    scaled = a * Fraction(4) ** (bits + 600)
    root = math.isqrt(scaled.numerator // scaled.denominator)
    exact = root * root == scaled
    return False, Fraction(2 * root + (not exact), 2) / Fraction(2) ** (bits + 600)


def extremum(x, y, largest, keeps_nan):
    """-0 is less than +0; a NaN gives way unless `keeps_nan`."""
    if x[1] == NAN or y[1] == NAN:
        if keeps_nan or x[1] == y[1]:
            return False, NAN
        return y if x[1] == NAN else x

    def key(z):
        sign, value = z
        return ((-1 if sign else 1) if value == INF else 0, 0 if value == INF else value, not sign)

    return (max if largest else min)(x, y, key=key)


def saturate(x):
    sign, value = x
    if value == NAN or sign:
        return False, Fraction(0)
    return False, Fraction(1) if value == INF or value > 1 else value


def relu(x):
    sign, value = x
    return (False, Fraction(0)) if sign and value != NAN else (False, value)
