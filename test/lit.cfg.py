# Configuration of the lit test suite.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os

import lit.formats

config.name = "attn"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.attn_binary_dir, "test")
config.excludes = ["CMakeLists.txt", "Inputs", "lit.cfg.py", "lit.site.cfg.py.in"]

config.environment["PATH"] = os.pathsep.join(
    [
        os.path.join(config.attn_binary_dir, "bin"),
        config.llvm_tools_dir,
        os.environ["PATH"],
    ]
)
config.environment["FILECHECK_OPTS"] = "--enable-var-scope"
config.substitutions.append(("%llvm_bin", config.llvm_tools_dir))
config.substitutions.append(("%python", config.python))
config.substitutions.append(
    (
        "%catalog",
        " ".join(
            [
                config.python,
                os.path.join(config.test_source_root, "Integration/Catalog/run_row.py"),
                os.path.join(config.attn_binary_dir, "bin/attn-run"),
            ]
        ),
    )
)

# What the processor can do: tests that ask for AVX-512 say REQUIRES: avx512.
if os.path.exists("/proc/cpuinfo"):
    with open("/proc/cpuinfo") as cpuinfo:
        flags = set(cpuinfo.read().split())
    if {"avx2", "fma", "f16c"} <= flags:
        config.available_features.add("avx2")
    if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags:
        config.available_features.add("avx512")
