# The same inputs give the same bits: in every process, for every number of
# threads, and at every repetition within a process.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: determinism.py PROCESSES COPIES
#
# Runs PROCESSES processes with one thread and as many with two, and with as many
# threads as there are processors. Each computes every kind of kernel COPIES
# times, on equal inputs that it knows not to be equal.

import sys

import numpy as np

from attention_program import Program, run

BATCH, HEADS, GROUPS, QUERIES, KEYS, SIZE, VALUE_SIZE = 2, 4, 2, 150, 333, 40, 24

# The name of a kernel, its element type, and its clauses.
KINDS = [
    ("dense", "f32", "scale = 0.144", "exp"),
    ("causal", "f16", "mask(%causal) scale = 0.144", "exp"),
    ("window", "bf16", "mask(%window) scale = 0.144", "exp"),
    ("double", "f64", "mask(%causal) scale = 0.144", "exp"),
    ("sigmoid", "f32", "mask(%causal) scale = 0.144 weight sigmoid normalise sum", "sum"),
    ("relu", "f32", "scale = 0.144 weight relu 2 normalise none", "none"),
    ("split", "f32", "mask(%window) scale = 0.144 split j by 50", "exp"),
]


def inputs(kind_number):
    """The arrays q, k and v of one kind."""
    rng = np.random.default_rng(kind_number)
    shapes = [(BATCH, HEADS, QUERIES, SIZE), (BATCH, GROUPS, KEYS, SIZE),
              (BATCH, GROUPS, KEYS, VALUE_SIZE)]
    return [rng.standard_normal(shape) for shape in shapes]


def build(copies):
    """The program, and for each result the kind it belongs to."""
    program, results, kinds = Program(), [], []
    program.lines += ["  %causal = attn.mask.causal", "  %window = attn.mask.sliding window(70)"]
    for number, (name, element, clauses, state) in enumerate(KINDS):
        stat = "f64" if element == "f64" else "f32"
        arrays = inputs(number)
        for _ in range(copies):
            operands = [program.tensor(a, element, static=[False] * 3 + [True]) for a in arrays]
            q, k, v = (n for n, _ in operands)
            types = [t for _, t in operands]
            if "mask" in clauses:
                types.append("!attn.mask<1, 1>")
            split = "split" in clauses
            rows = "tensor<?x?x?x?x" if split else "tensor<?x?x?x"
            out = f"{rows}{VALUE_SIZE}x{element}>"
            head = f"dots({q} * {k}) values({v}) {clauses}"
            if split:
                shapes = [out, f"{rows}f32>", f"{rows}f32>"]
                parts = program.emit(f"attn.partial {head} : {', '.join(types)} -> "
                                     f"({', '.join(shapes)})", "p", 3)
                whole = program.emit(f"attn.combine exp ({', '.join(parts)}) along 2 : "
                                     f"{', '.join(shapes)}", "s", 3)
                rows = "tensor<?x?x?x"
                types = [f"{rows}{VALUE_SIZE}xf32>", f"{rows}f32>"]
                names = program.emit(f"attn.finalize exp ({', '.join(whole)}) : "
                                     f"{types[0]}, {types[1]}, {types[1]}", "o", 2)
            else:
                types_out = [out]
                if state != "none":
                    head += f" results(out, {'lse' if state == 'exp' else 'den'})"
                    types_out.append(f"tensor<?x?x?x{stat}>")
                names = program.emit(f"attn.attention {head} : {', '.join(types)} -> "
                                     f"({', '.join(types_out)})", "o", len(types_out))
                names = [names] if len(types_out) == 1 else names
                types = types_out
            results += list(zip(names, types))
            kinds += [f"{name} {part}" for part in ("out", "statistics")[:len(names)]]
    return program, results, kinds


def main():
    processes, copies = int(sys.argv[1]), int(sys.argv[2])
    program, results, kinds = build(copies)
    first, runs = {}, 0
    for threads in (1, 2, 0):
        for _ in range(processes):
            outputs = run(program, results, [f"--threads={threads}"])
            runs += copies
            for kind, output in zip(kinds, outputs):
                bits = output.tobytes()
                if first.setdefault(kind, bits) != bits:
                    differing = np.frombuffer(first[kind], np.uint8) != np.frombuffer(bits, np.uint8)
                    sys.exit(f"{kind} with {threads} threads: {differing.sum()} bytes differ")
    print(f"{len(KINDS)} kernels gave the same bits in {runs} runs")


if __name__ == "__main__":
    main()
