# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PTX as a list of statements, and what mutators ask about them."""

import re

_OPCODE = re.compile(r"(@!?%\w+\s+)?([a-z][\w.:]*)")
_REGISTER = re.compile(r"%(?:rs|rd|r|p|fd|f|h)\d+")
# Instructions whose first operands are not written.
_NO_RESULT = ("st.", "bra", "bar.", "cp.async", "ret", "trap", "prefetch")


def split(text):
    """The statements of `text`, one string each: labels, directives, code."""
    statements, pending = [], ""
    for line in text.split("\n"):
        line = line.split("//")[0].strip()
        if not line:
            continue
        pending = f"{pending} {line}".strip()
        if pending[-1] in ";:{}" or pending.startswith((".version", ".target", ".address_size")):
            statements.append(re.sub(r"\s+", " ", pending))
            pending = ""
    return statements + ([pending] if pending else [])


def join(statements):
    return "\n".join(s for s in statements if s is not None) + "\n"


def opcode(statement):
    """The opcode of an instruction, or an empty string."""
    if statement.endswith(":") or statement[0] in ".{}":
        return ""
    match = _OPCODE.match(statement)
    return match.group(2) if match else ""


def operands(statement):
    """The operands at the top level: `{a, b}` and `[x]` are one each."""
    match = _OPCODE.match(statement)
    text = statement[match.end():].rstrip(";").strip()
    parts, depth, current = [], 0, ""
    for c in text:
        depth += (c in "{[") - (c in "}]")
        if c == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += c
    return parts + ([current.strip()] if current.strip() else [])


def build(statement, parts, new_opcode=None):
    """`statement` with other operands, and maybe another opcode."""
    match = _OPCODE.match(statement)
    return f"{match.group(1) or ''}{new_opcode or match.group(2)} {', '.join(parts)};"


def registers(text):
    return _REGISTER.findall(text)


def results(statement):
    """The registers that an instruction writes."""
    code = opcode(statement)
    if not code or code.startswith(_NO_RESULT):
        return []
    parts = operands(statement)
    return registers(parts[0]) if parts else []


def sources(statement):
    """The registers that an instruction reads, its guard among them."""
    if not opcode(statement):
        return []
    guard = re.match(r"@!?(%\w+)", statement)
    parts = operands(statement)
    read = parts[1:] if results(statement) else parts
    return registers(" ".join(read)) + ([guard.group(1)] if guard else [])


def blocks(statements):
    """The half-open ranges of basic blocks, by label and by branch."""
    start = next(i for i, s in enumerate(statements) if s.startswith(".reg"))
    while statements[start].startswith("."):
        start += 1
    ranges = []
    for i in range(start, len(statements)):
        s = statements[i]
        if s.endswith(":") and i > start:
            ranges.append((start, i))
            start = i
        elif opcode(s) in ("bra", "bra.uni", "ret"):
            ranges.append((start, i + 1))
            start = i + 1
    return [(a, b) for a, b in ranges if any(opcode(s) for s in statements[a:b])]


def compare(old, new):
    """Code that does `new`, which is None for nothing, and traps if `old` has
    another result. None if the two do not write the same single register."""
    if len(results(old)) != 1 or (new is not None and results(new) != results(old)):
        return None
    if new is not None and "\n" in new:
        return None
    result = results(old)[0]
    kind = re.match(r"%[a-z]+", result).group(0)
    types = {"%p": "pred", "%r": "b32", "%rd": "b64"}
    if kind not in types or operands(old)[0] != result:
        return None
    shadow = build(old, ["%shadow"] + operands(old)[1:])
    test = ("xor.pred %differs, %shadow, " if kind == "%p"
            else f"setp.ne.{types[kind]} %differs, %shadow, ")
    return (f"{{\n.reg .pred %differs;\n.reg .{types[kind]} %shadow;\n{shadow}\n{new or ''}\n"
            f"{test}{result};\n@%differs trap;\n}}")
