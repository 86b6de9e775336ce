"""The checks on every Python that is installed: `nox`, or one of them, `nox -s tests-3.12`; `nox -l` lists them.

`lowest` runs the tests with the oldest releases that setup.cfg allows, `dist` those of the source distribution against
the installed wheel, in an environment that has nothing else.
"""

import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False  # those that are found are used
nox.options.sessions = ["lint", "types", "tests"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


@nox.session
def lint(session: nox.Session) -> None:
    """Mistakes, layout, stale stubs."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("python", "tools/make_stubs.py", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """mypy, strict."""
    session.install("-e", ".[test,dev]")
    session.run("mypy")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """All tests, or those that the arguments choose: nox -s tests-3.13 -- -m "not slow"."""
    session.install("-e", ".[test]")
    session.run("pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """The oldest releases of everything that the extras name."""
    session.install("uv")
    session.run("uv", "pip", "install", "--resolution", "lowest-direct", "-e", ".[test]")
    session.run("pytest", "-m", "not slow", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session
def dist(session: nox.Session) -> None:
    """Wheel and source distribution: built, looked at, and tested as a user gets them."""
    session.install("build", "twine")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--quiet")
    wheel, source = next(Path("dist").glob("*.whl")).resolve(), next(Path("dist").glob("*.tar.gz")).resolve()
    session.run("twine", "check", "--strict", str(wheel), str(source))
    folder = session.create_tmp()
    shutil.unpack_archive(source, folder)
    (root,) = Path(folder).glob("chainrule-*")
    shutil.rmtree(root / "autograd"), shutil.rmtree(root / "nn")  # only the wheel's can be imported
    session.install(f"{wheel}[test]")
    session.chdir(root)
    session.run("pytest", "-q", "-n", "2", "-m", "not slow", "--ignore=tests/repository", *session.posargs)
