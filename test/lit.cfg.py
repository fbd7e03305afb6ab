# Configuration of the lit test suite.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import shutil

import lit.formats

config.name = "attn"
config.test_format = lit.formats.ShTest(True)
config.suffixes = [".mlir", ".test"]
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
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

# run_row.py of the catalog: one mechanism against its numpy reference.
run_row = os.path.join(config.test_source_root, "Integration", "Catalog", "run_row.py")
config.substitutions += [
    ("%catalog", f"{config.python} {run_row} attn-run"),
    ("%attn_source", config.attn_source_dir),
    ("%attn_build", config.attn_binary_dir),
    ("%attn_install", lit_config.params.get("attn_install", "")),
    ("%mlir_include", config.mlir_include_dir),
    ("%llvm_bin", config.llvm_tools_dir),
    ("%python", config.python),
]

if lit_config.params.get("attn_install"):
    config.available_features.add("install-tree")
if config.attn_sanitize in ("ON", "1", "TRUE"):
    config.available_features.add("sanitizers")
if os.path.exists(os.path.join(config.attn_binary_dir, "lib", "libAttnPlugin.so")):
    config.available_features.add("plugin")

# NVIDIA's assembler, for tests that say REQUIRES: ptxas.
if shutil.which("ptxas"):
    config.available_features.add("ptxas")

# What the processor can do: tests that ask for AVX-512 say REQUIRES: avx512.
if os.path.exists("/proc/cpuinfo"):
    with open("/proc/cpuinfo") as cpuinfo:
        flags = set(cpuinfo.read().split())
    if {"avx2", "fma", "f16c"} <= flags:
        config.available_features.add("avx2")
    if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= flags:
        config.available_features.add("avx512")
    if "avx512_bf16" in flags:
        config.available_features.add("avx512bf16")
