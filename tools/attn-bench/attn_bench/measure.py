# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measures a case: ours and the peers in turn, on the same inputs."""

import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

import arrays
import cases
import ours
import peers

# Idle threads of one library spin for a moment and would slow the next one down.
PAUSE = 0.01

# No case takes longer than this by much, but three rounds are run in any case.
SECONDS_PER_CASE = 120


class Times:
    """Best and median of what was measured, in seconds."""

    def __init__(self):
        self.bests, self.medians = [], []

    def add(self, measured):
        self.bests.append(measured[0])
        self.medians.append(measured[1])

    @property
    def best(self):
        return min(self.bests)

    @property
    def median(self):
        return statistics.median(self.medians)


def keep_freed_memory():
    """Outputs then reuse memory; calls are timed without the faults of fresh pages."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 2**31 - 1)  # M_MMAP_THRESHOLD
        libc.mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def find_error(case, inputs, output, expected):
    """The error against torch, if it ran, and against sampled rows in f64."""
    sampled = arrays.error(*case.samples(inputs, output))
    return sampled if expected is None else max(sampled, arrays.error(output, expected))


def alternate(engine, others, repeat):
    """Measures the engine and the peers in turn; returns a Times for each."""
    times = {name: Times() for name in ("ours", *others)}
    start = time.monotonic()
    for done in range(-(-repeat // engine.calls)):
        if done >= 3 and time.monotonic() - start > SECONDS_PER_CASE:
            break
        time.sleep(PAUSE)
        times["ours"].add(engine.measure())
        for name, peer in others.items():
            time.sleep(PAUSE)
            times[name].add(peer.measure(engine.calls))
    return times


def start_flex(case, inputs, expected, note):
    """Returns compiled FlexAttention, or None where it does not run."""
    try:
        peer = peers.flex(case, inputs)
        error = arrays.error(peer.first(), expected)
    except Exception as reason:  # whatever its compiler raises
        note(f"{case.name}: FlexAttention did not run: {str(reason).splitlines()[0]}")
        return None
    if not error <= cases.TOLERANCE[case.kind]:
        note(f"{case.name}: FlexAttention is off by {error:.1e}")
    return peer


def measure_times(case, tools, folder, options, note):
    """Returns what times and checks the case."""
    inputs = case.inputs()
    make = ours.Process if options.processes else ours.Loaded
    engine = make(tools, folder, case, inputs, options.threads)
    output, expected, others = engine.first(), None, {}
    if options.torch:
        others["torch"] = peers.library(case, inputs)
        expected = others["torch"].first()
    if options.torch and options.flex and case.mask and not case.mask.is_causal:
        flex = start_flex(case, inputs, expected, note)
        others.update({"flex": flex} if flex else {})
    error = find_error(case, inputs, output, expected)
    return {
        "error": error,
        "times": alternate(engine, others, options.repeat),
        "calls": engine.calls,
    }


#
# Memory: each library in a process of its own.
#


def resident(field):
    """VmRSS or VmHWM, the largest VmRSS since the last reset, in bytes."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(field + ":"))


def beyond_output(call):
    """Returns the output of `call` and the bytes it held beside it at most."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # resets VmHWM
    before = resident("VmRSS")
    output = call()
    return output, resident("VmHWM") - before


def memory_worker(which, case, tools, folder, threads):
    """Runs the case once, in this process; stores the output, prints the bytes."""
    inputs = [arrays.load(os.path.join(folder, f"input{i}.npy")) for i in range(3)]
    # A first call on few tokens loads code and starts threads.
    few = [arrays.aligned(array[:, :, :4]) for array in inputs]
    if which == "ours":
        small = ours.Loaded(tools, folder, case, few, threads)
        small.free(small.call()[0])
        engine = ours.Loaded(tools, folder, case, inputs, threads)
        tensor, extra = beyond_output(lambda: engine.call()[0])
        output = tensor.copy(inputs[0])
    else:
        peers.torch.set_num_threads(threads)
        peers.library(case, few).first()
        peer = peers.library(case, inputs)
        output, extra = beyond_output(peer.first)
    arrays.save(os.path.join(folder, f"{which}.npy"), output)
    print(json.dumps(max(0, extra - output.nbytes)))


def measure_memory(case, folder, options):
    """Returns the bytes that each library needs beside inputs and output."""
    inputs = case.inputs()
    for index, array in enumerate(inputs):
        arrays.save(os.path.join(folder, f"input{index}.npy"), array)
    found, outputs = {}, {}
    for which in ("ours", "torch") if options.torch else ("ours",):
        text = ours.check_run(
            [sys.executable, sys.argv[0], f"--prefix={options.prefix}", f"--case=^{case.name}$"]
            + [f"--threads={options.threads}", f"--memory-worker={which}:{folder}"]
        )
        found[which] = json.loads(text)
        outputs[which] = arrays.load(os.path.join(folder, f"{which}.npy"))
    error = find_error(case, inputs, outputs["ours"], outputs.get("torch"))
    return {"error": error, "bytes": found}


def measure(case, tools, folder, options, probes, note):
    """Returns the row of a case: values by column of the report."""
    if case.measures == "memory":
        if options.processes:
            raise ours.Failure("memory is not measured with --processes")
        result = measure_memory(case, folder, options)
        values = {name: (count * 1e-6, count * 1e-6) for name, count in result["bytes"].items()}
    else:
        result = measure_times(case, tools, folder, options, note)
        values = {name: (1e3 * t.best, 1e3 * t.median) for name, t in result["times"].items()}
    row = {"case": case.name, "threads": probes.threads, "bar": case.bar, "error": result["error"]}
    row["wrong"] = not result["error"] <= cases.TOLERANCE[case.kind]
    row["unit"] = "MB" if case.measures == "memory" else "ms"
    row["best"], row["median"] = values["ours"]
    for name in values.keys() - {"ours"}:
        row[f"{name} best"], row[f"{name} median"] = values[name]
        row[f"{name} ratio"] = values[name][0] / row["best"] if row["best"] > 0 else None
    if "times" in result:
        row["runs"] = len(result["times"]["ours"].bests) * result["calls"]
        row.update(rate_columns(case, result["times"]["ours"].best, probes))
    return row


def rate_columns(case, seconds, probes):
    """The rate of work, and its share of what the machine can do."""
    reads = case.measures == "reads"
    rate = 1e-9 * (case.key_bytes() if reads else case.operations()) / seconds
    peak = probes.peak(case)
    return {
        "rate": rate,
        "rate unit": "GB/s" if reads else "GF/s",
        "probe": peak,
        "of probe": 100 * rate / peak if peak else None,
    }
