# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The kinds of defects, each a function from statements to mutants.

A mutant is (site, text, edit): the statement it is about, what is done there,
and a dictionary from statements to their replacements. None drops one.
"""

import re

from ptx_text import build, opcode, operands, registers, results, sources

KEY_TILE = 64
PITCH = 144
STAGE = 18432
NEGATIVE_INFINITY = "0fFF800000"


def find(statements, *prefixes):
    """The instructions whose opcode starts with one of `prefixes`."""
    return [(i, s) for i, s in enumerate(statements) if opcode(s).startswith(prefixes)]


def drop(statements, *prefixes):
    return [(i, "drop it", {i: None}) for i, _ in find(statements, *prefixes)]


def replace(i, new):
    return (i, f"-> {new}", {i: new})


def offset(statements, prefixes, deltas):
    """Adds each of `deltas` to the offset of the first address."""
    for i, s in find(statements, *prefixes):
        match = re.search(r"\[(%\w+)(\+\d+)?\]", s)
        for delta in deltas:
            value = int(match.group(2) or 0) + delta
            yield replace(i, f"{s[:match.start()]}[{match.group(1)}{value:+d}]{s[match.end():]}")


def constant(statements, prefixes, old, new):
    """Replaces the integer `old` by each of `new`."""
    for i, s in find(statements, *prefixes):
        parts = operands(s)
        for at, part in enumerate(parts[1:], 1):
            if part == str(old):
                for value in new:
                    yield replace(i, build(s, parts[:at] + [str(value)] + parts[at + 1:]))


def only_result(statements, prefixes, at):
    """Replaces an instruction by a move of its operand `at`."""
    for i, s in find(statements, *prefixes):
        parts = operands(s)
        yield replace(i, f"mov.b32 {parts[0]}, {parts[at]};")


MEMORY = ("ldmatrix", "cp.async.cg", "cp.async.ca", "ld.shared", "st.shared", "ld.global",
          "st.global")


def barrier_dropped(statements):
    return drop(statements, "bar.sync")


def _neighbour(statements, i, step, stops):
    """The next instruction from `i` that starts with one of `stops`, on the
    way that control falls through."""
    j = i + step
    while 0 <= j < len(statements) and opcode(statements[j]) != "bra.uni":
        if opcode(statements[j]).startswith(stops):
            return j
        j += step
    return None


def _move(statements, i, j):
    """Moves statement `i` next to `j`, on its far side."""
    near = [statements[j], statements[i]] if j > i else [statements[i], statements[j]]
    return (i, f"move it behind {statements[j]}" if j > i else f"move it before {statements[j]}",
            {i: None, j: "\n".join(near)})


def barrier_moved(statements):
    for i, _ in find(statements, "bar.sync"):
        for step in (1, -1):
            j = _neighbour(statements, i, step, MEMORY + ("cp.async.wait",))
            if j is not None:
                yield _move(statements, i, j)


def buffer_reused_early(statements):
    """A barrier moves behind the copies that follow it."""
    barriers = [i for i, _ in find(statements, "bar.sync")] + [len(statements)]
    commits = [i for i, _ in find(statements, "cp.async.commit")]
    for i, end in zip(barriers, barriers[1:]):
        for j in [c for c in commits if i < c < end][:1]:
            yield _move(statements, i, j)
            yield (i, "move it before " + statements[j],
                   {i: None, j: f"{statements[i]}\n{statements[j]}"})


def wait_dropped(statements):
    return drop(statements, "cp.async.wait_group")


def wait_short(statements):
    for i, s in find(statements, "cp.async.wait_group"):
        yield replace(i, build(s, [str(int(operands(s)[0]) + 1)]))


def commit_dropped(statements):
    return drop(statements, "cp.async.commit_group")


def copy_dropped(statements):
    return drop(statements, "cp.async.cg", "st.shared")


def stage_offset(statements):
    return offset(statements, ("ldmatrix", "cp.async.cg"), (PITCH, STAGE // 2, -16))


def stage_index(statements):
    yield from constant(statements, ("mul.lo.s32",), STAGE, (STAGE - PITCH, STAGE // 2, 0))
    for i, s in find(statements, "xor.b32"):
        parts = operands(s)
        if parts[2] == "1":
            yield replace(i, build(s, parts[:2] + ["0"]))


def pitch(statements):
    return constant(statements, ("mad.lo", "mul.lo", "mul.wide"), PITCH, (PITCH - 16, PITCH + 16))


def transposition(statements):
    for i, s in find(statements, "ldmatrix"):
        yield replace(i, s.replace(".trans", "") if ".trans" in s
                      else s.replace(".x4.", ".x4.trans."))


def fragment_order(statements):
    """Two registers of a fragment change places."""
    for i, s in find(statements, "ldmatrix"):
        regs = registers(operands(s)[0])
        for a, b in ((0, 1), (1, 2), (0, 3)):
            other = list(regs)
            other[a], other[b] = other[b], other[a]
            yield replace(i, s.replace("{" + ", ".join(regs) + "}", "{" + ", ".join(other) + "}"))


def _with_register(s, operand, at, new):
    parts = operands(s)
    regs = registers(parts[operand])
    regs[at] = new
    parts[operand] = "{" + ", ".join(regs) + "}"
    return build(s, parts)


def operand_swapped(statements):
    for i, s in find(statements, "mma"):
        parts = operands(s)
        for operand, a, b in ((1, 0, 1), (1, 1, 2), (2, 0, 1)):
            regs = registers(parts[operand])
            new = _with_register(s, operand, a, regs[b])
            yield replace(i, _with_register(new, operand, b, regs[a]))


def operand_replaced(statements):
    for i, s in find(statements, "mma"):
        parts = operands(s)
        for operand in (1, 2):
            regs = registers(parts[operand])
            yield replace(i, _with_register(s, operand, 0, regs[1]))


def accumulator_wrong(statements):
    mmas = find(statements, "mma")
    for (i, s), (_, t) in zip(mmas, mmas[1:]):
        mine, other = operands(s), operands(t)
        if mine[3] != other[3]:
            yield replace(i, build(s, mine[:3] + [other[3]]))
        if len(set(registers(mine[3]))) > 1:
            regs = registers(mine[3])
            new = _with_register(s, 3, 0, regs[1])
            yield replace(i, _with_register(new, 3, 1, regs[0]))


def accumulator_uninitialised(statements):
    """The move that zeroes a register, or starts it, is dropped."""
    zeros = set()
    for i, s in find(statements, "mov.b32"):
        parts = operands(s)
        if re.match(r"0f[0-9A-F]{8}$", parts[1]) or parts[1] in zeros:
            zeros.add(parts[0])
            yield (i, "drop it", {i: None})


def bounds_dropped(statements):
    """What a test of bounds guards happens always."""
    for i, s in find(statements, "selp.b32"):
        parts = operands(s)
        if parts[1:3] == ["16", "0"]:
            yield replace(i, f"mov.b32 {parts[0]}, 16;")
    for i, s in find(statements, "bra"):
        if not s.startswith("@"):
            continue
        ahead = [opcode(t) for t in statements[i + 1:i + 40]]
        if any(code.startswith(("ld.global", "st.global")) for code in ahead):
            yield (i, "drop it", {i: None})


def bounds_shifted(statements):
    """A test of bounds is off by one."""
    masks = _mask_predicates(statements)
    for i, s in find(statements, "setp.lt", "setp.ge", "setp.le", "setp.gt"):
        parts = operands(s)
        if "f32" not in opcode(s) and parts[0] not in masks and parts[2][0] == "%":
            yield replace(i, _off_by_one(s))


def _off_by_one(s):
    code = opcode(s)
    swap = {"lt": "le", "le": "lt", "gt": "ge", "ge": "gt"}
    new = re.sub(r"^setp\.(lt|le|gt|ge)", lambda m: "setp." + swap[m.group(1)], code)
    return build(s, operands(s), new)


def _mask_predicates(statements):
    return {operands(s)[3] for _, s in find(statements, "selp.f32")
            if operands(s)[2] == NEGATIVE_INFINITY}


def mask_off_by_one(statements):
    masks = _mask_predicates(statements)
    for i, s in find(statements, "setp.lt", "setp.le"):
        if operands(s)[0] in masks:
            yield replace(i, _off_by_one(s))


def mask_dropped(statements):
    for i, s in find(statements, "selp.f32"):
        parts = operands(s)
        if parts[2] == NEGATIVE_INFINITY:
            yield replace(i, f"mov.b32 {parts[0]}, {parts[1]};")


def mask_position(statements):
    """The position of a key is off by one."""
    for i, s in find(statements, "add.s64"):
        parts = operands(s)
        if parts[2].isdigit() and 0 < int(parts[2]) < KEY_TILE and _feeds_mask(statements, parts[0]):
            yield replace(i, build(s, parts[:2] + [str(int(parts[2]) + 1)]))


def _feeds_mask(statements, register):
    masks = _mask_predicates(statements)
    return any(register in sources(s) and results(s) and results(s)[0] in masks
               for _, s in find(statements, "setp"))


def _corrections(statements):
    """The results of ex2 of a difference: by these, sums are corrected."""
    differences = {operands(s)[0] for _, s in find(statements, "sub.rn.f32")}
    powers = {operands(s)[0] for _, s in find(statements, "ex2") if operands(s)[1] in differences}
    chosen = {operands(s)[0] for _, s in find(statements, "selp.f32")
              if powers & set(operands(s)[1:3])}
    return powers | chosen


def rescale_lost(statements):
    corrections = _corrections(statements)
    for i, s in find(statements, "mul.rn.f32", "mul.f32"):
        parts = operands(s)
        for at in (1, 2):
            if parts[at] in corrections:
                yield replace(i, f"mov.b32 {parts[0]}, {parts[3 - at]};")


def shuffle_offset(statements):
    for i, s in find(statements, "shfl"):
        parts = operands(s)
        yield replace(i, build(s, parts[:2] + ["2" if parts[2] == "1" else "1"] + parts[3:]))


def shuffle_dropped(statements):
    return only_result(statements, ("shfl",), 1)


def maximum_lost(statements):
    """Of two values that a maximum joins, one is forgotten."""
    orders = {operands(s)[0]: operands(s)[1:] for _, s in find(statements, "setp.le.f32")}
    for i, s in find(statements, "selp.f32"):
        parts = operands(s)
        if sorted(orders.get(parts[3], [])) == sorted(parts[1:3]):
            yield replace(i, f"mov.b32 {parts[0]}, {parts[1]};")
            yield replace(i, f"mov.b32 {parts[0]}, {parts[2]};")


def sum_lost(statements):
    for at in (1, 2):
        yield from only_result(statements, ("add.rn.f32", "add.f32"), at)


def exponent(statements):
    """log2(e) becomes 1, or changes in its 11th bit."""
    for i, s in find(statements, "fma", "mul"):
        if "0f3FB8AA3B" in s:
            yield replace(i, s.replace("0f3FB8AA3B", "0f3F800000"))
            yield replace(i, s.replace("0f3FB8AA3B", "0f3FB9AA3B"))


def packing(statements):
    """The two halves of a packed pair change places."""
    for i, s in find(statements, "cvt.rn.bf16x2"):
        parts = operands(s)
        yield replace(i, build(s, [parts[0], parts[2], parts[1]]))


def division(statements):
    for i, s in find(statements, "div.rn.f32"):
        yield replace(i, f"mov.b32 {operands(s)[0]}, {operands(s)[1]};")


def store_address(statements):
    return offset(statements, ("st.global",), (2, -2, 128))


def store_dropped(statements):
    return drop(statements, "st.global")


def range_bounds(statements):
    """An end of a range of keys is off by one tile."""
    for i, s in find(statements, "min.s64", "max.s64"):
        parts = operands(s)
        for delta in (KEY_TILE, -KEY_TILE):
            yield (i, f"then add {delta}",
                   {i: f"{s}\nadd.s64 {parts[0]}, {parts[0]}, {delta};"})


def cursor_step(statements):
    yield from constant(statements, ("add.s64",), KEY_TILE, (KEY_TILE // 2, KEY_TILE * 2))
    yield from constant(statements, ("setp",), KEY_TILE, (KEY_TILE - 1, KEY_TILE * 2))


def loop_step(statements):
    """A copy loop skips elements or does them twice."""
    yield from constant(statements, ("add.s64",), 128, (64, 256))
    yield from constant(statements, ("add.s64",), 2 * PITCH, (PITCH,))
    yield from constant(statements, ("setp",), 3968, (3840, 4096))


def branch_inverted(statements):
    for i, s in find(statements, "bra"):
        if s.startswith("@!"):
            yield replace(i, "@" + s[2:])
        elif s.startswith("@"):
            yield replace(i, "@!" + s[1:])


def grid_index(statements):
    for i, s in find(statements, "div.u32", "rem.u32"):
        new = "rem.u32" if opcode(s) == "div.u32" else "div.u32"
        yield replace(i, build(s, operands(s), new))


def stride_wrong(statements):
    """An offset takes another factor."""
    products = [(i, s) for i, s in find(statements, "mul.lo.s64", "mad.lo.s64")
                if operands(s)[2][0] == "%"]
    for (i, s), (_, t) in zip(products, products[1:]):
        mine, other = operands(s), operands(t)
        if mine[2] != other[2]:
            yield replace(i, build(s, mine[:2] + [other[2]] + mine[3:]))


def thread_index(statements):
    """The lane or the warp is read from other bits of the thread's number."""
    for i, s in find(statements, "and.b64", "and.b32", "shr.u64", "bfe.u64"):
        parts = operands(s)
        if parts[2].isdigit() and int(parts[2]) > 0:
            yield replace(i, build(s, parts[:2] + [str(int(parts[2]) >> 1)] + parts[3:]))


KINDS = [
    barrier_dropped, barrier_moved, buffer_reused_early, wait_dropped, wait_short,
    commit_dropped, copy_dropped, stage_offset, stage_index, pitch, transposition,
    fragment_order, operand_swapped, operand_replaced, accumulator_wrong,
    accumulator_uninitialised, bounds_dropped, bounds_shifted, mask_off_by_one, mask_dropped,
    mask_position, rescale_lost, shuffle_offset, shuffle_dropped, maximum_lost, sum_lost,
    exponent, packing, division, store_address, store_dropped, range_bounds, cursor_step,
    loop_step, branch_inverted, grid_index, stride_wrong, thread_index,
]
