"""Hand-written C, built when it is needed: `plain` (ordinary loops, libm) and `vector` (the floor)."""

import ctypes
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..problems import Array, Problem
from . import Contender
from .many_variables import MULTIPLIER, Function

FLAGS = ("-O3", "-march=native", "-std=gnu11", "-shared", "-fPIC")
FOLDER = tempfile.TemporaryDirectory(prefix="chainrule-bench-")
TILES = {"A": 100}  # rows a tile; 64 for all others


def build(source: str, defines: dict[str, Any], *flags: str) -> ctypes.CDLL:
    """The shared library of one source file in benchmarks/c."""
    path = Path(__file__).parent.parent / "c" / source
    library = Path(tempfile.mkdtemp(dir=FOLDER.name)) / f"{path.stem}.so"
    macros = [f"-D{name}={value}" for name, value in defines.items()]
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    subprocess.run([*compiler, *FLAGS, *flags, *macros, str(path), "-o", str(library), "-lm"], check=True)
    return ctypes.CDLL(str(library))


def macros(problem: Problem) -> dict[str, Any]:
    sizes = {f"N{i}": size for i, size in enumerate(problem.sizes)}
    rest = {"LAYERS": len(problem.sizes) - 1, "ROWS": problem.rows, "ALPHA": problem.alpha}
    return {**sizes, **rest, problem.loss.upper(): 1}


def aligned(shape: int | tuple[int, ...]) -> Array:
    """Zeros whose first number lies at a multiple of 64 bytes."""
    count = int(np.prod(shape))
    buffer = np.zeros(count + 8)
    start = -buffer.ctypes.data % 64 // 8
    return buffer[start : start + count].reshape(shape)


def call(library: ctypes.CDLL, *buffers: Array) -> Contender:
    """A contender around `double step(const double *, ..., double *gradient)`."""
    step = library.step
    step.restype = ctypes.c_double
    pointers = [buffer.ctypes.data_as(ctypes.c_void_p) for buffer in buffers]  # these keep their arrays alive
    return Contender(lambda: step(*pointers), lambda loss: (loss, buffers[-1].copy()))


def plain(problem: Problem) -> Contender:
    library = build("plain.c", macros(problem))
    return call(library, problem.theta, np.ascontiguousarray(problem.X), problem.y, np.zeros_like(problem.theta))


def vector(problem: Problem) -> Contender:
    tile = TILES.get(problem.name, 64)
    library = build("vector.c", {**macros(problem), "TILE": tile})
    tiles = -(-problem.rows // tile)
    x, y, share = aligned((tiles, problem.sizes[0], tile)), aligned(tiles * tile), aligned(tiles * tile)
    for t in range(tiles):
        part = problem.X[t * tile : (t + 1) * tile]
        x[t, :, : len(part)] = part.T
    y[: problem.rows], share[: problem.rows] = problem.y, 1 / problem.rows
    return call(library, problem.theta, x, y, share, np.zeros_like(problem.theta))


def many_variables(function: Function) -> Contender:
    defines = {"VARIABLES": function.variables, "MULTIPLIER": MULTIPLIER, function.name.upper(): 1}
    return call(build("many_variables.c", defines), function.start, np.zeros(function.variables))
