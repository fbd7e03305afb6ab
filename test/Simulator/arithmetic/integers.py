# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Integer instructions against Python's integers, on values at the edges."""

import itertools

import numpy as np

from harness import Checker, Op, run

RNG = np.random.default_rng(1)
SIZES = (16, 32, 64)
checker = Checker()


def edges(bits):
    top = 1 << (bits - 1)
    low = [0, 1, 2, 3, 7, 31, 0x7F, 0x80, 0xFF, 0x100]
    high = [top - 1, top, top + 1, 2 * top - 1, 2 * top - 2, 0x5555555555555555 % top]
    return sorted(set(low + high))


def operands(bits, count, extra=300):
    """All combinations of edges for two operands; the others are shuffled."""
    dtype = f"uint{bits}"
    pairs = np.array(list(itertools.product(edges(bits), repeat=2)), dtype=np.uint64)
    random = RNG.integers(0, 1 << bits, (extra, 2), dtype=np.uint64, endpoint=False) \
        if bits < 64 else RNG.integers(0, 2**64, (extra, 2), dtype=np.uint64)
    both = np.concatenate([pairs, random]).astype(dtype)
    columns = [both[:, 0], both[:, 1]]
    while len(columns) < count:
        columns.append(RNG.permutation(both[:, len(columns) % 2]))
    return dict(zip("abcdfg"[:count] if count < 4 else "abcx", columns))


def signed(value, bits):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def typed(value, kind):
    """The number that bits of type s32, u16, b64 ... mean."""
    bits = int(kind[1:])
    return signed(value, bits) if kind[0] == "s" else value & ((1 << bits) - 1)


def check(cases, inputs):
    """`cases`: (text, widths, function of the inputs' integers)."""
    results = run([Op(text, out) for text, out, _ in cases], inputs)
    columns = [[int(x) for x in array] for array in inputs.values()]
    for (text, out, function), got in zip(cases, results):
        widths = (out,) if isinstance(out, str) else out
        expected = [function(*row) for row in zip(*columns)]
        for index, (width, bits) in enumerate(zip(widths, got)):
            values = [e[index] if isinstance(e, tuple) else e for e in expected]
            mask = 1 if width == "pred" else (1 << int(width[1:])) - 1
            want = np.array([int(v) & mask for v in values], dtype=np.uint64)
            checker.equal(f"{text} [{index}]", bits.astype(np.uint64), want, inputs)


def clamp(value, kind):
    bits = int(kind[1:])
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    if kind[0] == "u":
        low, high = 0, (1 << bits) - 1
    return min(max(value, low), high)


def truncated_division(a, b):
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def arithmetic(bits):
    """Two and three operands of one width."""
    cases = []
    width = f"b{bits}"

    def add(name, kind, function, arity=2, out=width):
        letters = ["{a}", "{b}", "{c}"][:arity]
        text = f"{name}.{kind} {{d}}, {', '.join(letters)};"
        cases.append(
            (text, out, lambda *x: function(*(typed(v, kind) for v in x[:arity])))
        )

    for kind in (f"s{bits}", f"u{bits}"):
        add("add", kind, lambda a, b: a + b)
        add("sub", kind, lambda a, b: a - b)
        add("mul.lo", kind, lambda a, b: a * b)
        add("mul.hi", kind, lambda a, b: a * b >> bits)
        add("mad.lo", kind, lambda a, b, c: a * b + c, 3)
        add("mad.hi", kind, lambda a, b, c: (a * b >> bits) + c, 3)
        add("sad", kind, lambda a, b, c: c + abs(a - b), 3)
        add("min", kind, min)
        add("max", kind, max)
    add("neg", f"s{bits}", lambda a: -a, 1)
    add("abs", f"s{bits}", abs, 1)
    for name, function in {
        "and": lambda a, b: a & b,
        "or": lambda a, b: a | b,
        "xor": lambda a, b: a ^ b,
    }.items():
        add(name, width, function)
    add("not", width, lambda a: ~a, 1)
    add("cnot", width, lambda a: int(a == 0), 1)
    if bits == 32:
        add("add.sat", "s32", lambda a, b: clamp(a + b, "s32"))
        add("sub.sat", "s32", lambda a, b: clamp(a - b, "s32"))
        add("mad.hi.sat", "s32", lambda a, b, c: clamp((a * b >> 32) + c, "s32"), 3)
        add("min.relu", "s32", lambda a, b: max(min(a, b), 0))
        add("max.relu", "s32", lambda a, b: max(a, b, 0))
    inputs = operands(bits, 3)
    check(cases, inputs)

    # The quotient by zero is undefined and would be reported.
    cases.clear()
    for kind in (f"s{bits}", f"u{bits}"):
        add("div", kind, truncated_division)
        add("rem", kind, lambda a, b: a - b * truncated_division(a, b))
    divided = {name: x[inputs["b"] != 0] for name, x in inputs.items()}
    check(cases, divided)


def wide(bits):
    cases = []
    out = f"b{2 * bits}"
    for kind in (f"s{bits}", f"u{bits}"):
        cases.append(
            (
                f"mul.wide.{kind} {{d}}, {{a}}, {{b}};",
                out,
                lambda a, b, c, k=kind: typed(a, k) * typed(b, k),
            )
        )
        cases.append(
            (
                f"mad.wide.{kind} {{d}}, {{a}}, {{b}}, {{c}};",
                out,
                lambda a, b, c, k=kind: typed(a, k) * typed(b, k) + c,
            )
        )
    inputs = operands(bits, 2)
    dtype = f"uint{2 * bits}"
    third = np.array(edges(2 * bits), dtype=np.uint64)
    inputs["c"] = RNG.permutation(np.resize(third, len(inputs["a"]))).astype(dtype)
    check(cases, inputs)


def carry(bits):
    """Chains, because only they show the flag."""
    cases = []
    mask = (1 << bits) - 1
    chain = "{{ .reg .b%d t; %s addc.u%d {d}, {a}, 0; mov.b%d {e}, t; }}"

    def parts(first, function):
        # The carry of `first` is added to a.
        text = (
            f"{{{{ .reg .b{bits} t; {first} addc.u{bits} {{d}}, {{a}}, 0; "
            f"mov.b{bits} {{e}}, t; }}}}"
        )
        text = text.replace("{{", "<").replace("}}", ">")
        text = text.replace("<", "{").replace(">", "}")
        cases.append((text, (f"b{bits}", f"b{bits}"), function))

    def flag(total):
        return int(total > mask or total < 0)

    parts(f"add.cc.u{bits} t, {{a}}, {{b}};", lambda a, b, c: (a + flag(a + b), a + b))
    parts(f"sub.cc.s{bits} t, {{a}}, {{b}};", lambda a, b, c: (a + flag(a - b), a - b))
    for half in ("lo", "hi"):

        def product(a, b, half=half):
            return a * b & mask if half == "lo" else a * b >> bits

        parts(
            f"mad.{half}.cc.u{bits} t, {{a}}, {{b}}, {{c}};",
            lambda a, b, c, p=product: (a + flag(p(a, b) + c), p(a, b) + c),
        )

        def second(a, b, c, p=product):
            total = p(a, b) + c + flag(a + b)
            return a + flag(total), total

        parts(
            f"add.cc.u{bits} t, {{a}}, {{b}}; madc.{half}.cc.u{bits} t, {{a}}, {{b}}, {{c}};",
            second,
        )

    def added(a, b, c):
        total = b + c + flag(a + b)
        return a + flag(total), total

    def subtracted(a, b, c):
        total = b - c - flag(a - b)
        return a + flag(total), total

    parts(
        f"add.cc.u{bits} t, {{a}}, {{b}}; addc.cc.u{bits} t, {{b}}, {{c}};", added
    )
    parts(
        f"sub.cc.u{bits} t, {{a}}, {{b}}; subc.cc.u{bits} t, {{b}}, {{c}};", subtracted
    )
    check(cases, operands(bits, 3))


def lookup(table):
    def function(a, b, c):
        result = 0
        for term in range(8):
            if table >> term & 1:
                x = a if term & 4 else ~a
                y = b if term & 2 else ~b
                z = c if term & 1 else ~c
                result |= x & y & z
        return result & 0xFFFFFFFF

    return function


def popcount(a):
    return bin(a).count("1")


def bit_instructions(bits):
    word = f"b{bits}"
    inputs = operands(bits, 2)
    length = len(inputs["a"])
    counts = list(range(0, 70)) + [255, 256, 0x80000000, 0xFFFFFFFF, 0x105]
    inputs["c"] = np.resize(np.array(counts, dtype=np.uint32), length)
    inputs["x"] = RNG.permutation(inputs["c"])
    mask = (1 << bits) - 1

    def shift_right(a, count, kind):
        return typed(a, kind) >> min(count, bits)

    cases = [
        (f"shl.{word} {{d}}, {{a}}, {{c}};", word, lambda a, b, c, x: a << min(c, bits)),
    ]
    for kind in (f"b{bits}", f"u{bits}", f"s{bits}"):
        cases.append(
            (
                f"shr.{kind} {{d}}, {{a}}, {{c}};",
                word,
                lambda a, b, c, x, k=kind: shift_right(a, c, k),
            )
        )
    if bits > 16:
        cases += [
            (f"popc.{word} {{d}}, {{a}};", "b32", lambda a, b, c, x: popcount(a)),
            (f"clz.{word} {{d}}, {{a}};", "b32", lambda a, b, c, x: bits - a.bit_length()),
            (
                f"brev.{word} {{d}}, {{a}};",
                word,
                lambda a, b, c, x: int(format(a, f"0{bits}b")[::-1], 2),
            ),
            (f"bfi.{word} {{d}}, {{a}}, {{b}}, {{c}}, {{x}};", word, insert(bits)),
        ]
        for kind in (f"u{bits}", f"s{bits}"):

            def find(a, kind=kind):
                value = typed(a, kind)
                return (~value if value < 0 else value).bit_length() - 1

            cases += [
                (
                    f"bfind.{kind} {{d}}, {{a}};",
                    "b32",
                    lambda a, b, c, x, f=find: f(a),
                ),
                (
                    f"bfind.shiftamt.{kind} {{d}}, {{a}};",
                    "b32",
                    lambda a, b, c, x, f=find: bits - 1 - f(a) if f(a) >= 0 else -1,
                ),
                (
                    f"bfe.{kind} {{d}}, {{a}}, {{c}}, {{x}};",
                    word,
                    lambda a, b, c, x, k=kind: extract(a, c, x, bits, k[0] == "s"),
                ),
            ]
    check(cases, inputs)


def extract(a, position, length, bits, is_signed):
    """Bit by bit, as PTX defines it."""
    position &= 255
    length &= 255
    top = bits - 1
    sign = is_signed and length and a >> min(position + length - 1, top) & 1
    result = 0
    for i in range(bits):
        inside = i < length and position + i <= top
        result |= (a >> (position + i) & 1 if inside else int(sign)) << i
    return result


def insert(bits):
    def function(a, b, position, length):
        position &= 255
        length &= 255
        for i in range(length):
            if position + i < bits:
                b = b & ~(1 << (position + i)) | (a >> i & 1) << (position + i)
        return b

    return function


def funnel(left, wrap):
    def function(a, b, c, x):
        count = c & 31 if wrap else min(c, 32)
        pair = b << 32 | a
        return (pair << count) >> 32 if left else pair >> count

    return function


def nth_set(mask, base, offset):
    base &= 31
    if offset == 0:
        return base if mask >> base & 1 else -1
    step = 1 if offset > 0 else -1
    found = [i for i in range(base, 32 if step > 0 else -1, step) if mask >> i & 1]
    return found[abs(offset) - 1] if abs(offset) <= len(found) else -1


def extend(is_signed, wrap):
    def function(a, b, c, x):
        count = c & 31 if wrap else min(c, 32)
        if count == 0:
            return 0
        value = a & ((1 << count) - 1)
        return signed(value, count) if is_signed else value

    return function


def make_mask(wrap):
    def function(a, b, c, x):
        position, width = (c & 31, x & 31) if wrap else (c, x)
        return sum(1 << i for i in range(32) if position <= i < position + width)

    return function


def permute(mode):
    def select(control, byte):
        i = control & 3
        return {
            "": control >> 4 * byte & 15,
            ".f4e": i + byte,
            ".b4e": (i - byte) % 8,
            ".rc8": i,
            ".ecl": max(i, byte),
            ".ecr": min(i, byte),
            ".rc16": (control & 1) * 2 + byte % 2,
        }[mode]

    def function(a, b, c, x):
        data = a | b << 32
        result = 0
        for byte in range(4):
            which = select(x, byte)
            value = data >> 8 * (which & 7) & 255
            if which & 8:
                value = 255 if value & 128 else 0
            result |= value << 8 * byte
        return result

    return function


def dot(kind_a, kind_b, function):
    bits_a = 8 if function is dot4 else 16
    text = {dot4: "dp4a", dot2_low: "dp2a.lo", dot2_high: "dp2a.hi"}[function]

    def compute(a, b, c, x):
        parts_a = [typed(a >> bits_a * i, f"{kind_a}{bits_a}") for i in range(32 // bits_a)]
        parts_b = [typed(b >> 8 * i, f"{kind_b}8") for i in range(4)]
        return function(parts_a, parts_b) + x

    return f"{text}.{kind_a}32.{kind_b}32 {{d}}, {{a}}, {{b}}, {{x}};", "b32", compute


def dot4(a, b):
    return sum(x * y for x, y in zip(a, b))


def dot2_low(a, b):
    return a[0] * b[0] + a[1] * b[1]


def dot2_high(a, b):
    return a[0] * b[2] + a[1] * b[3]


def words():
    """Instructions of 32 bits only."""
    inputs = operands(32, 2)
    length = len(inputs["a"])
    counts = list(range(0, 40)) + [64, 255, 0x80000000, 0xFFFFFFFF]
    inputs["c"] = np.resize(np.array(counts, dtype=np.uint32), length)
    inputs["x"] = RNG.integers(0, 2**32, length, dtype=np.uint64).astype(np.uint32)
    cases = []
    for table in (0x00, 0x01, 0x80, 0x96, 0xCA, 0xE8, 0xFE, 0xFF, 0xEA, 0x1B):
        cases.append(
            (
                f"lop3.b32 {{d}}, {{a}}, {{b}}, {{x}}, {table};",
                "b32",
                lambda a, b, c, x, f=lookup(table): f(a, b, x),
            )
        )
    for side, mode in itertools.product("lr", ("clamp", "wrap")):
        cases.append(
            (
                f"shf.{side}.{mode}.b32 {{d}}, {{a}}, {{b}}, {{c}};",
                "b32",
                funnel(side == "l", mode == "wrap"),
            )
        )
    for mode in ("", ".f4e", ".b4e", ".rc8", ".ecl", ".ecr", ".rc16"):
        cases.append(
            (f"prmt.b32{mode} {{d}}, {{a}}, {{b}}, {{x}};", "b32", permute(mode))
        )
    for a, b in itertools.product("su", repeat=2):
        cases += [dot(a, b, f) for f in (dot4, dot2_low, dot2_high)]
    for kind in ("u32", "s32"):

        def product(a, b, kind=kind):
            return typed(a, f"{kind[0]}24") * typed(b, f"{kind[0]}24")

        for half, shift in (("lo", 0), ("hi", 16)):
            cases += [
                (
                    f"mul24.{half}.{kind} {{d}}, {{a}}, {{b}};",
                    "b32",
                    lambda a, b, c, x, p=product, s=shift: p(a, b) >> s,
                ),
                (
                    f"mad24.{half}.{kind} {{d}}, {{a}}, {{b}}, {{x}};",
                    "b32",
                    lambda a, b, c, x, p=product, s=shift: (p(a, b) >> s) + x,
                ),
            ]
        for mode in ("clamp", "wrap"):
            cases.append(
                (
                    f"szext.{mode}.{kind} {{d}}, {{a}}, {{c}};",
                    "b32",
                    extend(kind == "s32", mode == "wrap"),
                )
            )
    cases.append(
        (
            "mad24.hi.sat.s32 {d}, {a}, {b}, {x};",
            "b32",
            lambda a, b, c, x: clamp(
                signed((typed(a, "s24") * typed(b, "s24")) >> 16, 32) + signed(x, 32),
                "s32",
            ),
        )
    )
    for mode in ("clamp", "wrap"):
        cases.append(
            (f"bmsk.{mode}.b32 {{d}}, {{c}}, {{x}};", "b32", make_mask(mode == "wrap"))
        )
    check(cases, inputs)

    # Positions and lengths near each other, for bmsk and fns.
    inputs["x"] = RNG.permutation(inputs["c"])
    cases = [
        (f"bmsk.{mode}.b32 {{d}}, {{c}}, {{x}};", "b32", make_mask(mode == "wrap"))
        for mode in ("clamp", "wrap")
    ]
    check(cases, inputs)
    inputs["c"] %= 32
    inputs["x"] = (inputs["x"].astype(np.int32) % 16 - 8).astype(np.uint32)
    check(
        [
            (
                "fns.b32 {d}, {a}, {c}, {x};",
                "b32",
                lambda a, b, c, x: nth_set(a, c, signed(x, 32)),
            )
        ],
        inputs,
    )


def packed():
    """Two numbers of 16 bits in a register."""
    inputs = operands(32, 2)
    halves = operands(16, 2)
    for name in "ab":
        low = np.resize(halves[name], len(inputs[name])).astype(np.uint32)
        inputs[name] = low | inputs[name] << np.uint32(16)
    cases = []
    functions = {
        "add": lambda a, b: a + b,
        "min": min,
        "max": max,
        "min.relu": lambda a, b: max(min(a, b), 0),
        "max.relu": lambda a, b: max(a, b, 0),
    }
    for name, function in functions.items():
        for kind in ("s", "u"):
            if kind == "u" and "relu" in name:
                continue

            def compute(a, b, f=function, k=kind):
                parts = [f(typed(a >> s, f"{k}16"), typed(b >> s, f"{k}16")) for s in (0, 16)]
                return parts[0] & 0xFFFF | (parts[1] & 0xFFFF) << 16

            cases.append((f"{name}.{kind}16x2 {{d}}, {{a}}, {{b}};", "b32", compute))
    check(cases, inputs)


def video_parts(word, kind, bits):
    return [typed(word >> shift, f"{kind}{bits}") for shift in range(0, 32, bits)]


COMPARISONS = {
    "eq": lambda v, w: v == w,
    "ne": lambda v, w: v != w,
    "lt": lambda v, w: v < w,
    "le": lambda v, w: v <= w,
    "gt": lambda v, w: v > w,
    "ge": lambda v, w: v >= w,
}
VIDEO = {
    "vadd": lambda v, w: v + w,
    "vsub": lambda v, w: v - w,
    "vavrg": lambda v, w: (v + w + (v + w >= 0)) // 2,
    "vabsdiff": lambda v, w: abs(v - w),
    "vmin": min,
    "vmax": max,
}


def video_case(name, bits, kinds, function, ending, saturated=None):
    def compute(a, b, c, x):
        parts = zip(video_parts(a, kinds[-2], bits), video_parts(b, kinds[-1], bits))
        results = [function(v, w) for v, w in parts]
        if ending == ".add":
            return sum(results) + x
        if saturated:
            low = -(1 << bits - 1) if saturated == "s" else 0
            results = [max(low, min(low + (1 << bits) - 1, r)) for r in results]
        return sum((r & (1 << bits) - 1) << bits * i for i, r in enumerate(results))

    types = ".".join(f"{kind}32" for kind in kinds)
    text = f"{name}{32 // bits}.{types}{ending} {{d}}, {{a}}, {{b}}, {{x}};"
    return text, "b32", compute


def video():
    values = RNG.integers(0, 1 << 32, 256).astype(np.uint32)
    inputs = {"a": values, "b": values[::-1].copy(), "c": values, "x": values // 3}
    cases = []
    for bits in (8, 16):
        for name, function in VIDEO.items():
            for kinds in ("uuu", "sss", "sus", "usu"):
                for ending in ("", ".sat", ".add"):
                    saturated = kinds[0] if ending == ".sat" else None
                    cases.append(video_case(name, bits, kinds, function, ending, saturated))
        for name, function in COMPARISONS.items():
            for ending in ("", ".add"):
                for kinds in ("uu", "ss", "su"):
                    made = video_case("vset", bits, kinds, function, f".{name}{ending}")
                    compared = video_case("vset", bits, kinds, function, ending)
                    cases.append((*made[:2], compared[2]))
    check(cases, inputs)


def predicates():
    values = np.array([0, 0, 1, 1] * 32, dtype=bool)
    others = np.array([0, 1] * 64, dtype=bool)
    inputs = {"a": values, "b": others, "c": RNG.integers(0, 3, 128).astype(np.uint32)}
    cases = [
        ("and.pred {d}, {a}, {b};", "pred", lambda a, b, c: a and b),
        ("or.pred {d}, {a}, {b};", "pred", lambda a, b, c: a or b),
        ("or.pred {d}, !{a}, {b};", "pred", lambda a, b, c: not a or b),
        ("xor.pred {d}, {a}, {b};", "pred", lambda a, b, c: a != b),
        ("not.pred {d}, {a};", "pred", lambda a, b, c: not a),
        (
            "lop3.or.b32 {d}|{e}, {c}, {c}, {c}, 0x80, {b};",
            ("b32", "pred"),
            lambda a, b, c: (c, c != 0 or b),
        ),
        (
            "lop3.and.b32 {d}|{e}, {c}, {c}, {c}, 0x01, !{b};",
            ("b32", "pred"),
            lambda a, b, c: (~c, not b),
        ),
    ]
    check(cases, inputs)


for size in SIZES:
    arithmetic(size)
    bit_instructions(size)
for size in (16, 32):
    wide(size)
for size in (32, 64):
    carry(size)
words()
packed()
video()
predicates()
checker.finish()
