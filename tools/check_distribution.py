"""Build the wheel and the source distribution, and try both as their users would: python tools/check_distribution.py.

The wheel is installed into an environment that has nothing else, where the README's first example runs, the command
answers and a page is saved. The tests of the source distribution run against the wheel's modules, with the packages of
the Python that runs this script, which needs `build`, `twine` and the extra "test". Further arguments go to pytest.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TRIAL = """
import pathlib, autograd
from autograd import Value, draw, walk
x = Value(3.0, label="x")
walk(x * x + 1.0).save("page.html")
draw(x * x).save("picture.svg")
assert "x" in pathlib.Path("page.html").read_text(encoding="utf-8")
assert pathlib.Path(autograd.__file__).parent.joinpath("py.typed").exists()
print("chainrule", autograd.__version__)
"""


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What the command prints; an error that shows it where it fails."""
    told = {name: x for name, x in os.environ.items() if name != "PYTHONPATH"} | environment
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=told, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


def built(folder: Path) -> tuple[Path, Path]:
    """Wheel and source distribution."""
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    (wheel,), (source,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, source, folder=folder)
    return wheel, source


def try_wheel(wheel: Path, folder: Path) -> None:
    """In an empty environment."""
    venv.create(folder / "empty", with_pip=True)
    python = folder / "empty" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, folder=folder)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    run(python, "-c", blocks[0], folder=folder)
    print(run(python, "-c", TRIAL, folder=folder), end="")
    assert "∂" in run(python, "-m", "autograd", "x * y", "x=2", "y=3", folder=folder, PYTHONIOENCODING="utf-8")


def try_tests(wheel: Path, source: Path, folder: Path, *options: str) -> None:
    """The tests of the source distribution, which can import the wheel's modules only."""
    shutil.unpack_archive(source, folder / "source")
    (root,) = (folder / "source").iterdir()
    for package in ("autograd", "nn"):
        shutil.rmtree(root / package)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check")
    run(*pip, "--target", folder / "wheel", wheel, folder=folder)
    chosen = options or ("-m", "not slow")
    command = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--ignore=tests/repository", *chosen)
    print(run(*command, folder=root, PYTHONPATH=str(folder / "wheel")).splitlines()[-1])


def main() -> None:
    """Build, try, and say how it went."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel, source = built(folder)
        print(f"{wheel.name} {wheel.stat().st_size / 1e3:.0f} kB, {source.name} {source.stat().st_size / 1e3:.0f} kB")
        try_wheel(wheel, folder)
        try_tests(wheel, source, folder, *sys.argv[1:])


if __name__ == "__main__":
    main()
