# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Conversions against exact fractions; every value of the 16-bit formats."""

import itertools
import math
from fractions import Fraction

import numpy as np

import reference as ref
from harness import Checker, Op, run

RNG = np.random.default_rng(3)
checker = Checker()
FORMATS = {"f64": ref.F64, "f32": ref.F32, "f16": ref.F16, "bf16": ref.BF16}
SIZE = {"f64": 64, "f32": 32, "f16": 16, "bf16": 16}
INTEGERS = [s + b for s in "su" for b in ("8", "16", "32", "64")]
ROUNDINGS = ("rn", "rz", "rm", "rp")


def codes_of(kind, target=None, random=200):
    """Codes of a format: edges, random ones, and numbers around those of
    `target` and half way between them."""
    form = FORMATS[kind]
    one = form.bias << form.mantissa
    tiny = 1 << form.mantissa
    codes = [0, 1, 2, tiny - 1, tiny, one - 1, one, one + 1, form.infinity - 1]
    codes += [form.infinity, form.infinity + 1, form.nan & (form.sign - 1)]
    codes += [int(x) % form.infinity for x in RNG.integers(0, 2**63, random)]
    if target:
        few = RNG.integers(0, target.infinity, random).tolist()
        for code in [0, 1, 2, target.infinity - 1, target.infinity - 2] + few:
            low = target.decode(code)[1]
            high = target.decode(min(code + 1, target.infinity - 1))[1]
            if code == target.infinity - 1:
                high = 2 * low - target.decode(code - 1)[1]
            middle = form.encode(False, (low + high) / 2)
            codes += [form.encode(False, low), middle, max(middle - 1, 0), middle + 1]
    codes += [code | form.sign for code in codes]
    return np.array(codes, dtype=f"uint{SIZE[kind]}")


def integral(value, mode):
    """A Fraction as an integer."""
    if mode in ("rn", "rni"):
        return round(value)
    return {"rzi": math.trunc, "rmi": math.floor, "rpi": math.ceil}[mode](value)


def check(cases, inputs):
    """`cases`: (text, width, function of the codes of the inputs)."""
    results = run([Op(text, width) for text, width, _ in cases], inputs)
    columns = [x.tolist() for x in inputs.values()]
    for (text, _, function), (got,) in zip(cases, results):
        expected = np.array([function(*row) for row in zip(*columns)], dtype=got.dtype)
        checker.equal(text, got, expected, inputs)


def between_floats():
    for source, target in itertools.permutations(FORMATS, 2):
        form, to = FORMATS[source], FORMATS[target]
        narrows = form.mantissa > to.mantissa or form.exponent > to.exponent
        inputs = {"a": codes_of(source, to if SIZE[source] > SIZE[target] else None)}
        cases = []
        for mode in ROUNDINGS if narrows else ("",):
            dot = f".{mode}" if mode else ""
            cases.append(
                (
                    f"cvt{dot}.{target}.{source} {{d}}, {{a}};",
                    f"b{SIZE[target]}",
                    lambda a, f=form, t=to, m=mode: t.encode(*f.decode(a), m),
                )
            )
        check(cases, inputs)


def every_half():
    """All codes of f16 and bf16 to f32, and back with saturation."""
    codes = {"a": np.arange(1 << 16).astype(np.uint16)}
    for kind in ("f16", "bf16"):
        form = FORMATS[kind]
        check(
            [
                (
                    f"cvt.f32.{kind} {{d}}, {{a}};",
                    "b32",
                    lambda a, f=form: ref.F32.encode(*f.decode(a)),
                )
            ],
            codes,
        )
    check(
        [
            (
                f"cvt.sat.f16.f16 {{d}}, {{a}};",
                "b16",
                lambda a: ref.F16.encode(*ref.saturate(ref.F16.decode(a))),
            )
        ],
        codes,
    )


def float_to_integer(form, kind, mode, is_double):
    bits = int(kind[1:])
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "s" else (0, (1 << bits) - 1)

    def function(code):
        sign, value = form.decode(code)
        if value == ref.NAN:
            result = 1 << bits - 1 if is_double or bits == 64 else 0
        elif value == ref.INF:
            result = low if sign else high
        else:
            result = min(max(integral(value, mode), low), high)
        return result & ((1 << bits) - 1)

    return function


def widths(kind):
    """Integers of 8 bits are in registers of 16."""
    return f"b{max(int(kind[1:]), 16)}"


def extended(function, kind):
    """The value as the wider register holds it."""

    def result(*codes):
        value = function(*codes)
        is_negative = kind == "s8" and value & 0x80
        return value | 0xFF00 if is_negative else value

    return result


def to_integers():
    for source, form in FORMATS.items():
        cases = []
        for kind, mode in itertools.product(INTEGERS, ("rni", "rzi", "rmi", "rpi")):
            function = float_to_integer(form, kind, mode, source == "f64")
            cases.append(
                (
                    f"cvt.{mode}.{kind}.{source} {{d}}, {{a}};",
                    widths(kind),
                    extended(function, kind),
                )
            )
        codes = codes_of(source, None, 200).tolist()
        # Around the ends of the ranges and halves.
        for bits, step in itertools.product((0, 1, 3, 7, 8, 15, 16, 31, 32, 63, 64), (-1, 0, 1)):
            for part in (Fraction(0), Fraction(1, 2)):
                value = Fraction(2) ** bits + step + part
                codes += [form.encode(False, value), form.encode(True, -value)]
        check(cases, {"a": np.array(codes, dtype=f"uint{SIZE[source]}")})


def to_integral():
    for kind, form in FORMATS.items():
        cases = []
        for mode in ("rni", "rzi", "rmi", "rpi"):

            def function(a, f=form, m=mode):
                sign, value = f.decode(a)
                if value not in (ref.NAN, ref.INF):
                    value = Fraction(integral(value, m))
                return f.encode(sign, value)

            cases.append((f"cvt.{mode}.{kind}.{kind} {{d}}, {{a}};", f"b{SIZE[kind]}", function))
        codes = codes_of(kind, None, 100).tolist()
        codes += [form.encode(False, Fraction(n, 4)) for n in range(40)]
        codes += [form.encode(True, Fraction(-n, 4)) for n in range(1, 40)]
        check(cases, {"a": np.array(codes, dtype=f"uint{SIZE[kind]}")})


def typed(value, kind):
    bits = int(kind[1:])
    value &= (1 << bits) - 1
    return value - (1 << bits) if kind[0] == "s" and value >> (bits - 1) else value


def integer_codes(bits):
    codes = list(range(4)) + [1 << (bits - 1), (1 << bits) - 1, (1 << (bits - 1)) - 1]
    for shift in range(bits):
        codes += [(1 << shift) + d for d in (-1, 0, 1)]
        # Ties of every format.
        for mantissa in (7, 10, 23, 52):
            codes += [(1 << shift) + (1 << shift - mantissa - 1) + d
                for d in (-1, 0, 1) if shift > mantissa]
    codes += [-c for c in codes]
    codes += RNG.integers(0, 2**bits - 1, 100, dtype=np.uint64).tolist()
    codes = sorted({c % (1 << bits) for c in codes})
    return np.array(codes, dtype=np.uint64).astype(f"uint{max(bits, 16)}")


def from_integers():
    for kind in INTEGERS:
        inputs = {"a": integer_codes(int(kind[1:]))}
        cases = []
        for (target, form), mode in itertools.product(FORMATS.items(), ROUNDINGS):
            cases.append(
                (
                    f"cvt.{mode}.{target}.{kind} {{d}}, {{a}};",
                    f"b{SIZE[target]}",
                    lambda a, k=kind, f=form, m=mode: f.encode(False, Fraction(typed(a, k)), m),
                )
            )
        for target in INTEGERS:
            bits = int(target[1:])
            mask = (1 << bits) - 1
            low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if target[0] == "s" else (0, mask)
            cases += [
                (
                    f"cvt.{target}.{kind} {{d}}, {{a}};",
                    widths(target),
                    extended(lambda a, k=kind, m=mask: typed(a, k) & m, target),
                ),
                (
                    f"cvt.sat.{target}.{kind} {{d}}, {{a}};",
                    widths(target),
                    extended(
                        lambda a, k=kind, l=low, h=high, m=mask: min(max(typed(a, k), l), h) & m,
                        target,
                    ),
                ),
            ]
        check(cases, inputs)


def wide_registers():
    """Results narrower than their registers are extended."""
    inputs = {"a": integer_codes(32)}
    cases = []
    for kind, register in itertools.product(("s8", "u8", "s16", "u16"), (32, 64)):
        cases.append(
            (
                f"cvt.{kind}.s32 {{d}}, {{a}};",
                f"b{register}",
                lambda a, k=kind, r=register: typed(a, k) & ((1 << r) - 1),
            )
        )
    check(cases, inputs)


def narrow():
    """To the formats of tensor operations."""
    small = {"f16": ref.F16, "bf16": ref.BF16, "tf32": ref.TF32}
    inputs = {"a": np.concatenate([codes_of("f32", f, 300) for f in small.values()])}
    inputs["b"] = RNG.permutation(inputs["a"])

    def code(a, form, mode, relu, finite):
        value = ref.F32.decode(a)
        return form.encode(*(ref.relu(value) if relu else value), mode, finite)

    cases = []
    for kind, mode, relu, finite in itertools.product(small, ("rn", "rz", "rna"), (0, 1), (0, 1)):
        if mode == "rna" and (kind != "tf32" or relu):
            continue
        args = (small[kind], mode, relu, finite)
        flags = (".satfinite" if finite else "") + (".relu" if relu else "")
        if kind == "tf32":
            cases.append(
                (
                    f"cvt.{mode}{flags}.tf32.f32 {{d}}, {{a}};",
                    "b32",
                    lambda a, b, x=args: code(a, *x) << 13,
                )
            )
            continue
        flags = (".relu" if relu else "") + (".satfinite" if finite else "")
        cases += [
            (
                f"cvt.{mode}{flags}.{kind}x2.f32 {{d}}, {{a}}, {{b}};",
                "b32",
                lambda a, b, x=args: code(a, *x) << 16 | code(b, *x),
            ),
            (
                f"cvt.{mode}{flags}.{kind}.f32 {{d}}, {{a}};",
                "b16",
                lambda a, b, x=args: code(a, *x),
            ),
        ]
    check(cases, inputs)


def eight_bits():
    every = {"a": np.arange(1 << 16).astype(np.uint16)}
    pairs = {"a": (np.arange(1 << 15) * 0x10001 + (0x8000 << 16)).astype(np.uint32)}
    for kind, form in (("e4m3", ref.E4M3), ("e5m2", ref.E5M2)):
        table = [ref.F16.encode(*form.decode(c)) for c in range(256)]
        to_half = lambda a, t=table: t[a >> 8] << 16 | t[a & 255]
        check([(f"cvt.rn.f16x2.{kind}x2 {{d}}, {{a}};", "b32", to_half)], every)

        def code(value, f=form, relu=False):
            return f.encode(*(ref.relu(value) if relu else value), "rn", True)

        for relu in (False, True):
            dot = ".relu" if relu else ""
            halves = [code(ref.F16.decode(c), relu=relu) for c in range(1 << 16)]
            from_half = lambda a, h=halves: h[a >> 16] << 8 | h[a & 0xFFFF]
            check([(f"cvt.rn.satfinite{dot}.{kind}x2.f16x2 {{d}}, {{a}};", "b16", from_half)], pairs)
            singles = {"a": codes_of("f32", form, 200)}
            singles["b"] = RNG.permutation(singles["a"])
            both = lambda a, b, r=relu, c=code: (
                c(ref.F32.decode(a), relu=r) << 8 | c(ref.F32.decode(b), relu=r)
            )
            check([(f"cvt.rn.satfinite{dot}.{kind}x2.f32 {{d}}, {{a}}, {{b}};", "b16", both)], singles)


def pack():
    a = integer_codes(32)
    inputs = {"a": a, "b": RNG.permutation(a), "c": RNG.permutation(a)}
    cases = []
    for sign, bits in itertools.product("us", (2, 4, 8, 16)):
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if sign == "s" else (0, (1 << bits) - 1)

        def function(x, y, z, low=low, high=high, bits=bits):
            parts = [min(max(typed(v, "s32"), low), high) & ((1 << bits) - 1) for v in (x, y)]
            rest = z << 2 * bits if bits < 16 else 0
            return (rest | parts[0] << bits | parts[1]) & 0xFFFFFFFF

        tail = ".b32 {d}, {a}, {b}, {c};" if bits < 16 else " {d}, {a}, {b};"
        cases.append((f"cvt.pack.sat.{sign}{bits}.s32{tail}", "b32", function))
    check(cases, inputs)


def flags():
    """`.ftz` and `.sat` where f32 is on one side."""
    inputs = {"a": codes_of("f32", None, 100)}
    f32 = ref.F32
    check(
        [
            ("cvt.ftz.f32.f32 {d}, {a};", "b32", lambda a: f32.encode(*f32.decode(f32.flush(a)))),
            ("cvt.sat.f32.f32 {d}, {a};", "b32", lambda a: f32.encode(*ref.saturate(f32.decode(a)))),
            ("cvt.rpi.ftz.s32.f32 {d}, {a};", "b32",
             lambda a: float_to_integer(f32, "s32", "rpi", False)(f32.flush(a))),
            ("cvt.rn.ftz.f16.f32 {d}, {a};", "b16",
             lambda a: ref.F16.encode(*f32.decode(f32.flush(a)))),
            ("cvt.rn.sat.f16.f32 {d}, {a};", "b16",
             lambda a: ref.F16.encode(*ref.saturate(f32.decode(a)))),
        ],
        inputs,
    )
    doubles = {"a": codes_of("f64", f32, 100)}
    check(
        [("cvt.rn.ftz.f32.f64 {d}, {a};", "b32",
          lambda a: f32.flush(f32.encode(*ref.F64.decode(a))))],
        doubles,
    )


between_floats()
every_half()
to_integers()
to_integral()
from_integers()
wide_registers()
narrow()
eight_bits()
pack()
flags()
checker.finish()
