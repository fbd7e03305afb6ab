# The same inputs give the same bits in every process, with one thread and two.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Usage: same_bits.py RUNS

import os
import subprocess
import sys
import tempfile

T, K, R = "tensor<2x4x150x48xf32>", "tensor<2x2x333x48xf32>", "tensor<2x4x150xf32>"
PROGRAM = f"""
func.func @kinds(%q: {T}, %k: {K}, %v: {K}) -> ({T}, {R}, {T}, {T}) {{
  %causal = attn.mask.causal
  %window = attn.mask.sliding window(40) sink(4)
  %o, %l = attn.attention dots(%q * %k) values(%v) scale = 0.144 results(out, lse)
    : {T}, {K}, {K} -> ({T}, {R})
  %c = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.144
    : {T}, {K}, {K}, !attn.mask<1, 1> -> {T}
  %s = attn.attention dots(%q * %k) values(%v) mask(%window) scale = 0.144
    weight sigmoid normalise sum : {T}, {K}, {K}, !attn.mask<1, 1> -> {T}
  return %o, %l, %c, %s : {T}, {R}, {T}, {T}
}}
"""


def main():
    runs, seen = int(sys.argv[1]), set()
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "kinds.mlir")
        with open(source, "w") as file:
            file.write(PROGRAM)
        outputs = [os.path.join(folder, f"{n}.npy") for n in range(4)]
        for number in range(runs):
            command = ["attn-run", source, f"--threads={1 + number % 2}"]
            command += [f"--input=random:{n}" for n in (1, 2, 3)]
            subprocess.run(command + [f"--output={path}" for path in outputs], check=True)
            bits = []
            for path in outputs:
                with open(path, "rb") as file:
                    bits.append(file.read())
            seen.add(tuple(bits))
    if len(seen) != 1:
        sys.exit(f"{runs} runs gave {len(seen)} different results")
    print(f"{runs} runs, half of them with two threads, gave the same bits")


if __name__ == "__main__":
    main()
