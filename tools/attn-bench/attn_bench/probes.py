# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the machine can do, measured by the probes of the runtime library."""

import concurrent.futures
import ctypes
import glob
import os

SECONDS = 0.5


def cache_bytes():
    """The size of the largest cache, 32 MiB if the system does not say."""
    sizes = [32 << 20]
    for path in glob.glob("/sys/devices/system/cpu/cpu0/cache/index*/size"):
        with open(path) as file:
            text = file.read().strip()
        if text.endswith("K"):
            sizes.append(int(text[:-1]) << 10)
    return max(sizes)


def processor():
    """The name of the processor, and the features that matter here."""
    name, flags = "unknown processor", []
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            facts = dict(line.split(":", 1) for line in file if ":" in line)
        facts = {key.strip(): value.strip() for key, value in facts.items()}
        name, flags = facts.get("model name", name), facts.get("flags", "").split()
    return name, [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in flags]


class Probes:
    """Rates in GFLOP/s and GB/s; 0 where the machine lacks what is probed."""

    def __init__(self, runtime, threads):
        self.library = ctypes.CDLL(runtime)
        self.threads = threads or self.library.attn_rt_threads()
        self.library.attn_rt_probe_read.restype = ctypes.c_double
        self.library.attn_rt_probe_read.argtypes = [ctypes.c_int64, ctypes.c_double]
        self.rates = {}

    def measure(self):
        for name in ("fma_f32", "dot_bf16", "amx_bf16"):
            self.rates[name] = [self.compute(name, count) for count in (1, self.threads)]
        self.rates["read"] = [self.read(count) for count in (1, self.threads)]

    def compute(self, name, threads):
        """The sum of the rates of threads that run at once."""
        probe = getattr(self.library, f"attn_rt_probe_{name}")
        probe.restype, probe.argtypes = ctypes.c_double, [ctypes.c_double]
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(probe, [SECONDS] * threads))

    def read(self, threads):
        self.library.attn_rt_set_threads(threads)
        return self.library.attn_rt_probe_read(8 * cache_bytes(), SECONDS)

    def peak(self, case):
        """The rate that bounds the case on all threads."""
        if case.measures == "reads":
            return max(self.rates["read"])
        names = ["fma_f32"] + (["dot_bf16", "amx_bf16"] if case.kind == "bf16" else [])
        return max(self.rates[name][1] for name in names)

    def describe(self):
        titles = {
            "fma_f32": ("f32 multiply-adds", "GFLOP/s"),
            "dot_bf16": ("bf16 dot products (AVX-512)", "GFLOP/s"),
            "amx_bf16": ("bf16 products (AMX)", "GFLOP/s"),
            "read": (f"reads of {8 * cache_bytes() >> 20} MiB", "GB/s"),
        }
        for name, (one, all_threads) in self.rates.items():
            title, unit = titles[name]
            rates = f"{one:.0f} {unit} on 1 thread, {all_threads:.0f} on {self.threads}"
            yield f"{title}: {rates if one else 'not run, the processor has none'}"
