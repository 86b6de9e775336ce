"""C source, built and called."""

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

CC = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def made(source: str, folder: Path, compiler: str | None = CC, flags: tuple[str, ...] = ("-std=c99", "-O1")) -> Any:
    (folder / "f.c").write_text(source)
    strict = ["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    command = [str(compiler), *flags, *strict, "f.c", "-o", "f.so", "-lm"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def built(source: str, folder: Path, compiler: str | None = CC, flags: tuple[str, ...] = ("-std=c99", "-O1")) -> Any:
    done = made(source, folder, compiler, flags)
    assert done.returncode == 0, done.stderr
    return ctypes.CDLL(str(folder / "f.so"))


def call(function: Any, inputs: list[float], parameters: list[float], results: int) -> list[float]:
    outputs, work = (ctypes.c_double * results)(), (ctypes.c_double * 100_000)()
    arrays = [(ctypes.c_double * max(1, len(x)))(*x) for x in (inputs, parameters)]
    function(*arrays, outputs, work)
    return list(outputs)
