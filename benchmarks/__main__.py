"""Run the benchmarks: `python -m benchmarks [--quick] [--markdown] [NAME ...]`.

Each workload runs in a process of its own, on one thread, so that no library disturbs the measurement of another.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module

from .machine import machine
from .table import Table

WORKLOADS = {
    "moons": "engine: a training step on the moons data, against micrograd",
    "chain": "engine: a chain of a million multiplications",
}
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(f"  {name:8} {what}" for name, what in WORKLOADS.items()),
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="workloads to run (all, if none is named):")
    parser.add_argument("--quick", action="store_true", help="few repetitions: a look, not a measurement")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables, for the README")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in WORKLOADS]:
        parser.error(f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    return options


def measure(name: str, quick: bool) -> list[Table]:
    """The tables of one workload, measured in a fresh process."""
    command = [sys.executable, "-m", "benchmarks", "--worker", name, *(["--quick"] if quick else [])]
    done = subprocess.run(command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return [Table(f"{name}: failed, see above", [""])]
    return [Table(**fields) for fields in json.loads(done.stdout.splitlines()[-1])]


def work(name: str, quick: bool) -> None:
    """In the fresh process: run the workload, hand its tables over as JSON in the last line."""
    tables = import_module(f"{__package__}.{name}").run(quick)
    print(json.dumps([asdict(table) for table in tables]))


def main() -> None:
    options = arguments()
    if options.worker:
        return work(options.names[0], options.quick)
    print(f"Measured on {machine()}; one thread; medians of interleaved runs.", flush=True)
    for name in options.names or WORKLOADS:
        print(f"\n({name}: measuring)", file=sys.stderr, flush=True)
        for table in measure(name, options.quick):
            print("\n" + (table.markdown() if options.markdown else table.text()), flush=True)


if __name__ == "__main__":
    main()
