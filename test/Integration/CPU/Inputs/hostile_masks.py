# Masks that are meant to hurt: long, deep, shared, or with divisors that are not
# positive. They are analysed in time, and what is said of their tiles is true.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import resource
import sys
import tempfile

import numpy as np

from attention_program import Failure, attn_run
from mask_classes import classify, compare_classes, truth

SECONDS = 2.0  # of one processor, per mask
TILE = (64, 64)
SIZES = [(200, 300)]


def predicate(condition):
    return f"  %m = attn.mask over [] where {{ {condition} }}\n"


def chain(count, step):
    """`count` masks, each made from the one before by `step`."""
    lines = ["  %m0 = attn.mask.causal"]
    for n in range(1, count):
        what, operands = step(n)
        types = ", ".join(["!attn.mask<1, 1>"] * len(operands))
        lines.append(f"  %m{n} = attn.mask.{what} {', '.join(operands)} : {types}")
    return "\n".join(lines).replace(f"%m{count - 1} =", "%m =") + "\n"


def alternating(n):
    if n % 3 == 0:
        return "not", [f"%m{n - 1}"]
    return ("or" if n % 3 == 1 else "and"), [f"%m{n - 1}", "%m0"]


def alternating_shown(i, j):
    causal = shown = j <= i
    for n in range(1, 900):
        shown = ~shown if n % 3 == 0 else (shown | causal if n % 3 == 1 else shown & causal)
    return shown


def nested(depth):
    text = "i < j"
    for n in range(depth):
        text = f"{{ j > {n} | {{ {text} }}, i > {n} }}"
    return text


def nested_shown(i, j):
    shown = i < j
    for n in range(300):
        shown = (j > n) | (shown & (i > n))
    return shown


def halved(depth):
    text = "j"
    for _ in range(depth):
        text = f"(({text} + i) floordiv 2)"
    return text


def halved_shown(i, j):
    x = j
    for _ in range(60):
        x = (x + i) // 2
    return x < 50


def moved(depth):
    """Masks each of which moves the one before in two ways."""
    lines = ["  %c1 = arith.constant 1 : index", "  %c2 = arith.constant 2 : index",
             "  %m0 = attn.mask.causal"]
    for n in range(1, depth + 1):
        name = "%m" if n == depth else f"%m{n}"
        lines += [f"  %a{n} = attn.mask.offset %m{n - 1} q(%c1) : !attn.mask<1, 1>",
                  f"  %b{n} = attn.mask.offset %m{n - 1} q(%c2) k(%c1) : !attn.mask<1, 1>",
                  f"  {name} = attn.mask.or %a{n}, %b{n} : !attn.mask<1, 1>, !attn.mask<1, 1>"]
    return "\n".join(lines) + "\n"


MASKS = {
    "a thousand alternatives": (predicate(" | ".join(f"j == {3 * n}" for n in range(1000))),
                                lambda i, j: (j % 3 == 0) & (j < 3000) & (i >= 0)),
    "a thousand conditions": (predicate(", ".join(f"j < i + {3 * n}" for n in range(1000))),
                              lambda i, j: j < i),
    "more operations than are analysed": (
        predicate(" | ".join(f"j == {3 * n}" for n in range(5000))),
        lambda i, j: (j % 3 == 0) & (i >= 0)),
    "deep alternatives": (predicate(nested(300)), nested_shown),
    "deep divisions": (predicate(f"{halved(60)} < 50"), halved_shown),
    "a chain of masks": (chain(900, alternating), alternating_shown),
    "masks that are used twice": (
        chain(200, lambda n: ("or", [f"%m{n - 1}", f"%m{n - 1}"])), lambda i, j: j <= i),
    "masks that are moved twice": (moved(24), lambda i, j: j <= i + 24),
}
DIVISORS = {
    "quotients": predicate("j floordiv w <= i floordiv w").replace("where", "with (w = %w : index) where"),
    "remainders": predicate("j mod w == i mod w").replace("where", "with (w = %w : index) where"),
    "a divisor of the key": """  %m = attn.mask over [] [i, j] with (w = %w : index) {
    %d = arith.subi %j, %w : index
    %x = arith.floordivsi %i, %d : index
    %y = arith.remsi %i, %d : index
    %z = arith.ceildivsi %x, %d : index
    %c = arith.cmpi sle, %z, %y : index
    attn.yield %c : i1
  }
""",
}


def function(body, parameters=""):
    return f"func.func @f({parameters}) -> !attn.mask<1, 1> {{\n{body}  return %m : !attn.mask<1, 1>\n}}\n"


def classes(module, arguments, folder):
    source, output = os.path.join(folder, "m.mlir"), os.path.join(folder, "o.npy")
    with open(source, "w") as file:
        file.write(module)
    done = attn_run([source, "--entry=f", *[f"--input=value:{n}" for n in arguments],
                     f"--output={output}"])
    return done, output


def check(name, body, shown, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    module = classify(function(body), TILE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime
    if seconds > SECONDS:
        raise Failure(f"{name}: the analysis took {seconds:.1f} s")
    for n, m in SIZES:
        done, output = classes(module, (n, m), folder)
        if done.returncode:
            raise Failure(f"{name}: {done.stderr}")
        pairs = np.broadcast_to(shown(np.arange(n)[:, None], np.arange(m)[None]), (n, m))
        compare_classes(np.load(output), truth(pairs, TILE))


def check_divisor(name, body, folder):
    module = classify(function(body, "%w: index"), TILE)
    for width in (1, 0, -1, 7, -(2**63), 2**63 - 1):
        done, _ = classes(module, (width, 130, 200), folder)
        if done.returncode < 0:
            raise Failure(f"{name} by {width}: signal {-done.returncode}")


def main():
    # What grows exponentially is stopped before it fills the memory.
    resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name, (body, shown) in MASKS.items():
                check(name, body, shown, folder)
            for name, body in DIVISORS.items():
                check_divisor(name, body, folder)
        except Failure as failure:
            sys.exit(str(failure))
    print(f"{len(MASKS) + len(DIVISORS)} masks")


if __name__ == "__main__":
    main()
