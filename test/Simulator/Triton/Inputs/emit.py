# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a Triton kernel to PTX without a GPU; used by the sources above."""

import re
import sys


def emit(function, signature, constants, aligned=(), **options):
    """Prints the PTX of a kernel for the target in the arguments.

    Pointers and the parameters in `aligned` are multiples of 16.
    """
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    target = GPUTarget("cuda", int(sys.argv[1].strip("sm_a")), 32)
    pointers = {name for name, kind in signature.items() if kind[0] == "*"}
    order = {name: number for number, name in enumerate(function.arg_names)}
    source = ASTSource(
        function,
        {**signature, **{name: "constexpr" for name in constants}},
        {(order[name],): value for name, value in constants.items()},
        {(order[name],): [["tt.divisibility", 16]] for name in pointers | set(aligned)},
    )
    kernel = triton.compile(source, target=target, options=options)
    text = kernel.asm["ptx"]
    # Folders of this machine are in `.file` and in the sections that follow.
    text = re.sub(r'(\.file\s+\d+ )"[^"]*/([^"/]+)"', r'\1"\2"', text)
    print(f"// Dynamic shared memory: {kernel.metadata.shared}")
    print(text.split("\t.section\t.debug")[0].rstrip())
