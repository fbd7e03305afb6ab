# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mma.sync in every shape and type against exact sums, under both policies."""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from fractions import Fraction

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "arithmetic"))

import fragments  # noqa: E402
import reference as ref  # noqa: E402

SIM = sys.argv[1] if len(sys.argv) > 1 else "ptx-sim"
RNG = np.random.default_rng(11)
WARPS = 6

TF32 = ref.Format(8, 10)
FORMATS = {
    "f64": ref.F64,
    "f32": ref.F32,
    "f16": ref.F16,
    "bf16": ref.BF16,
    "tf32": TF32,
    "e4m3": ref.Format(4, 3, False),
    "e5m2": ref.Format(5, 2),
}
BITS = {"f64": 64, "f32": 32, "f16": 16, "bf16": 16, "tf32": 32, "e4m3": 8, "e5m2": 8}
BITS |= {"s8": 8, "u8": 8, "s4": 4, "u4": 4, "b1": 1, "s32": 32}


class Form:
    """One mma instruction: text, shape, types and fragments."""

    def __init__(self, text, types, target, products=1, maps=None):
        self.text, self.types, self.target, self.products = text, types, target, products
        shape = re.search(r"m(\d+)n(\d+)k(\d+)", text).groups()
        self.m, self.n, self.k = map(int, shape)
        _, a, b, _ = types
        sums = fragments.sums
        self.maps = maps or (sums, fragments.A[BITS[a]], fragments.B[BITS[b]], sums)
        sizes = (self.m * self.n, self.m * self.k, self.k * self.n, self.m * self.n)
        self.elements = [size * products // 32 for size in sizes]

    def registers(self, which):
        bits = BITS[self.types[which]]
        return self.elements[which] * bits // max(bits, 32)


def kernel(form):
    """Loads the fragments of a, b and c, multiplies and stores d."""
    wide = "64" if form.types[0] == "f64" else "32"
    size = int(wide) // 8
    lines = [".reg .b32 %lane, %warp;", ".reg .b64 %at, %base;"]
    lines += ["mov.u32 %lane, %tid.x;", "mov.u32 %warp, %ctaid.x;"]
    names = "dabc"
    for which, name in enumerate(names):
        lines.append(f".reg .b{wide} %{name}<{form.registers(which)}>;")
    for which in (1, 2, 3, 0):
        name, count = names[which], form.registers(which)
        lines += [
            f"ld.param.u64 %base, [{name}];",
            f"mul.lo.u32 %lane, %warp, {32 * count};",
            "add.u32 %lane, %lane, %tid.x;",
            f"mul.wide.u32 %at, %lane, {size};",
            "add.u64 %base, %base, %at;",
        ]
        if which == 0:
            vectors = [
                "{" + ", ".join(f"%{x}{i}" for i in range(form.registers(w))) + "}"
                for w, x in enumerate(names)
            ]
            lines.append(f"{form.text} {', '.join(vectors)};")
        for i in range(count):
            place = f"[%base+{32 * i * size}]"
            if which:
                lines.append(f"ld.global.b{wide} %{name}{i}, {place};")
            else:
                lines.append(f"st.global.b{wide} {place}, %{name}{i};")
    params = ", ".join(f".param .u64 {name}" for name in names)
    body = "\n  ".join(lines + ["ret;"])
    header = f".version 8.7\n.target {form.target}\n.address_size 64\n"
    return f"{header}.visible .entry k({params})\n{{\n  {body}\n}}\n"


def place(form, which, lane, element):
    """(product, row, column) of an element."""
    product = fragments.volta_product(lane) if form.products > 1 else 0
    return (product, *form.maps[which](lane, element))


def pack(form, which, matrix):
    """Registers [register, lane] of a matrix of codes [product, row, column]."""
    bits = BITS[form.types[which]]
    width = max(bits, 32)
    registers = [[0] * 32 for _ in range(form.registers(which))]
    for lane in range(32):
        for e in range(form.elements[which]):
            register, shift = divmod(e * bits, width)
            code = int(matrix[place(form, which, lane, e)])
            registers[register][lane] |= code << shift
    return registers


def unpack(form, registers):
    bits = BITS[form.types[0]]
    width = max(bits, 32)
    result = np.zeros((form.products, form.m, form.n), np.uint64)
    for lane in range(32):
        for e in range(form.elements[0]):
            register, shift = divmod(e * bits, width)
            code = int(registers[register][lane]) >> shift & ((1 << bits) - 1)
            result[place(form, 0, lane, e)] = code
    return result


def draw(kind, shape, style):
    """Codes of numbers: of similar size, of all sizes, or with special ones."""
    bits = BITS[kind]
    if kind not in FORMATS:
        return RNG.integers(0, 2**bits, shape, dtype=np.uint64)
    form = FORMATS[kind]
    width = 1 + form.exponent + form.mantissa
    codes = RNG.integers(0, 2**width, shape, dtype=np.uint64)
    if style == "near":
        exponent = RNG.integers(form.bias - 2, form.bias + 2, shape).astype(np.uint64)
        low = codes & np.uint64((1 << form.mantissa) - 1)
        sign = codes & np.uint64(form.sign)
        codes = sign | exponent << np.uint64(form.mantissa) | low
    else:
        finite = (codes & np.uint64(form.sign - 1)) < form.infinity
        codes = np.where(finite, codes, codes & np.uint64(form.sign))
        if style == "special":
            chance = RNG.random(shape)
            codes = np.where(chance < 0.02, form.infinity, codes)
            codes = np.where(chance < 0.01, form.infinity | form.sign, codes)
            codes = np.where(chance < 0.002, form.nan, codes)
    codes = codes.astype(np.uint64)
    if kind == "tf32":
        # The low bits of the register do not count.
        codes = codes << np.uint64(13) | RNG.integers(0, 2**13, shape, dtype=np.uint64)
    return codes


def decode(kind, code):
    """(sign, value) of a floating-point code, the value of an integer."""
    code = int(code)
    if kind in FORMATS:
        return FORMATS[kind].decode(code >> 13 if kind == "tf32" else code)
    if kind[0] == "s" and code >> (BITS[kind] - 1):
        return code - (1 << BITS[kind])
    return code


def multiply(a, b):
    sign = a[0] != b[0]
    if ref.NAN in (a[1], b[1]):
        return sign, ref.NAN
    if ref.INF in (a[1], b[1]):
        return sign, ref.NAN if 0 in (a[1], b[1]) else ref.INF
    return sign, a[1] * b[1]


def add(terms):
    """The sum of (sign, value), not rounded."""
    if any(value == ref.NAN for _, value in terms):
        return False, ref.NAN
    infinities = {sign for sign, value in terms if value == ref.INF}
    if infinities:
        return (True in infinities), ref.NAN if len(infinities) == 2 else ref.INF
    total = sum((value for _, value in terms), Fraction(0))
    return all(sign for sign, _ in terms), total


def float_terms(form, a, b, c, product, m, n):
    left = [decode(form.types[1], x) for x in a[product, m]]
    right = [decode(form.types[2], x) for x in b[product, :, n]]
    start = decode(form.types[3], c[product, m, n])
    return [start] + [multiply(x, y) for x, y in zip(left, right)]


def in_order(terms, mode):
    """Multiply-adds of double, each rounded."""
    total = terms[0]
    for term in terms[1:]:
        total = ref.F64.decode(ref.F64.encode(*add([total, term]), mode))
    return total


def integer_sum(form, a, b, c, m, n):
    if form.types[1] == "b1":
        bits = a[0, m] ^ b[0, :, n] if "xor" in form.text else a[0, m] & b[0, :, n]
        total = int(bits.sum())
    else:
        total = sum(
            decode(form.types[1], x) * decode(form.types[2], y)
            for x, y in zip(a[0, m], b[0, :, n])
        )
    total += decode("s32", c[0, m, n])
    if "satfinite" in form.text:
        total = min(max(total, -(2**31)), 2**31 - 1)
    return total & 0xFFFFFFFF


def expected(form, a, b, c, product, m, n):
    """The code of the exactly rounded result, and the terms."""
    if form.types[0] == "s32":
        return integer_sum(form, a, b, c, m, n), None
    terms = float_terms(form, a, b, c, product, m, n)
    result = FORMATS[form.types[0]]
    if form.types[0] == "f64":
        mode = re.search(r"\.(r[nzmp])\b", form.text)
        return result.encode(*in_order(terms, mode[1] if mode else "rn")), terms
    return result.encode(*add(terms)), terms


def within(form, code, terms):
    """Whether a result of the hardware policy is close enough: each of at most
    k / 4 blocks cuts off bits below 2^-23 of the largest number (2^-13 for fp8)
    for each of its terms and rounds its sum."""
    exact, got = add(terms), FORMATS[form.types[0]].decode(int(code))
    limit = FORMATS[form.types[0]].decode(FORMATS[form.types[0]].infinity - 1)[1]
    if sum(abs(v) for _, v in terms if not isinstance(v, str)) > limit * Fraction(9, 10):
        # The sum of a block may have overflowed.
        return True
    if isinstance(exact[1], str) or isinstance(got[1], str):
        return exact[1] == got[1] and (exact[1] == ref.NAN or exact[0] == got[0])
    largest = max(abs(value) for _, value in terms)
    fraction = 13 if BITS[form.types[1]] == 8 else 23
    blocks = max(form.k // 4, 1)
    unit = largest * Fraction(2) ** -fraction
    mantissa = FORMATS[form.types[0]].mantissa
    round_off = (form.k + 1) * largest * Fraction(2) ** -mantissa
    tiny = FORMATS[form.types[0]].decode(1)[1]
    bound = (form.k + blocks) * unit + blocks * (round_off + tiny)
    return abs(exact[1] - got[1]) <= bound


def simulate(text, inputs, count, wide, options, host):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "k.ptx")
        with open(path, "w") as file:
            file.write(text)
        kind = "u64" if wide else "u32"
        out = os.path.join(folder, "d.npy")
        command = [SIM, path, "--entry=k", f"--grid={WARPS}", "--block=32"]
        command += [f"--arg=zero:{kind}:{count}", f"--out=0:{out}"]
        for name, array in inputs.items():
            np.save(os.path.join(folder, f"{name}.npy"), array)
            command.append(f"--arg=in:{folder}/{name}.npy")
        environment = dict(os.environ, ATTN_SIM_HOST=host)
        done = subprocess.run(
            command + options, env=environment, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{done.stderr}\nptx-sim failed ({done.returncode})\n{text}")
        return np.load(out)


def run(form, matrices, options):
    wide = form.types[0] == "f64"
    dtype = np.uint64 if wide else np.uint32
    inputs = {
        name: np.array([pack(form, which, trial[which - 1]) for trial in matrices], dtype)
        for which, name in ((1, "a"), (2, "b"), (3, "c"))
    }
    count = WARPS * 32 * form.registers(0)
    results = [
        simulate(kernel(form), inputs, count, wide, options, host) for host in ("avx2", "")
    ]
    if not np.array_equal(*results):
        sys.exit(f"{form.text}: the builds for AVX2 and AVX-512 differ")
    return results[0].reshape(WARPS, form.registers(0), 32)


def fail(form, what, at, got, exact):
    print(f"FAIL {form.text} {what} {at}: {int(got):#x}, exact {exact:#x}")


def check(form):
    """Runs a form on random matrices; the number of results, or None."""
    styles = ["near", "near", "wide", "wide", "special", "special"]
    matrices = []
    for style in styles:
        shapes = ((form.m, form.k), (form.k, form.n), (form.m, form.n))
        matrices.append(
            [draw(t, (form.products, *s), style) for t, s in zip(form.types[1:], shapes)]
        )
    exact = run(form, matrices, [])
    is_float = form.types[0] in ("f16", "f32")
    hardware = run(form, matrices, ["--mma=hardware"]) if is_float else None
    checked = differing = 0
    for trial, (a, b, c) in enumerate(matrices):
        got = unpack(form, exact[trial])
        other = unpack(form, hardware[trial]) if is_float else got
        for at in np.ndindex(got.shape):
            code, terms = expected(form, a, b, c, *at)
            checked += 1
            if int(got[at]) != code:
                return fail(form, styles[trial], at, got[at], code)
            if is_float and not within(form, other[at], terms):
                return fail(form, f"{styles[trial]}, hardware", at, other[at], code)
            differing += int(other[at]) != int(got[at])
    if is_float and form.types[0] == "f32" and not differing:
        return print(f"FAIL {form.text}: both policies give the same")
    return checked


def dense(shape, types, target, before="", after=""):
    """The form with these types, d first."""
    text = f"mma.sync.aligned.{shape}.row.col{before}.{'.'.join(types)}{after}"
    return Form(text, types, target)


def float_forms():
    for k in (8, 16):
        shape = f"m16n8k{k}"
        yield dense(shape, ("f16",) * 4, "sm_80")
        yield dense(shape, ("f32", "f16", "f16", "f32"), "sm_80")
        yield dense(shape, ("f32", "bf16", "bf16", "f32"), "sm_80")
    for k in (4, 8):
        yield dense(f"m16n8k{k}", ("f32", "tf32", "tf32", "f32"), "sm_80")
    for k, kind, a, b in (
        (16, "f32", "e4m3", "e5m2"),
        (32, "f32", "e4m3", "e4m3"),
        (32, "f32", "e5m2", "e4m3"),
        (32, "f16", "e5m2", "e5m2"),
        (16, "f16", "e4m3", "e4m3"),
    ):
        yield dense(f"m16n8k{k}", (kind, a, b, kind), "sm_89")
    yield dense("m8n8k4", ("f64",) * 4, "sm_80")
    for k in (4, 8, 16):
        yield dense(f"m16n8k{k}", ("f64",) * 4, "sm_90")
    for mode in ("rz", "rm", "rp"):
        yield dense("m8n8k4", ("f64",) * 4, "sm_90", after=f".{mode}")


def integer_forms():
    shapes = {
        8: ("m8n8k16", "m16n8k16", "m16n8k32"),
        4: ("m8n8k32", "m16n8k32", "m16n8k64"),
    }
    signs = (("s", "s", ""), ("u", "s", ".satfinite"), ("s", "u", ""), ("u", "u", ".satfinite"))
    for bits in shapes:
        for shape in shapes[bits]:
            for a, b, clamp in signs:
                types = ("s32", f"{a}{bits}", f"{b}{bits}", "s32")
                yield dense(shape, types, "sm_80", before=clamp)
    for shape in ("m8n8k128", "m16n8k128", "m16n8k256"):
        for operation in ("xor", "and"):
            yield dense(shape, ("s32", "b1", "b1", "s32"), "sm_80", after=f".{operation}.popc")


def volta_forms():
    layouts = ("row", "col")
    sums = (("f16", "f16"), ("f32", "f32"), ("f32", "f16"))
    for a, b, (d, c) in itertools.product(layouts, layouts, sums):
        maps = (
            fragments.volta_sums(BITS[d]),
            fragments.volta_a(a == "row"),
            fragments.volta_b(b == "row"),
            fragments.volta_sums(BITS[c]),
        )
        text = f"mma.sync.aligned.m8n8k4.{a}.{b}.{d}.f16.f16.{c}"
        yield Form(text, (d, "f16", "f16", c), "sm_70", 4, maps)


def main():
    failures = checked = 0
    for form in itertools.chain(float_forms(), integer_forms(), volta_forms()):
        done = check(form)
        failures += done is None
        checked += done or 0
    print(f"{checked} results checked, {failures} instructions failed")
    sys.exit(1 if failures or not checked else 0)


main()
