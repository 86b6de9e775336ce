"""The checks on every Python that is installed: `nox`, or one of them, `nox -s tests-3.12`; `nox -l` lists them.

`lowest` runs the tests with the oldest releases that setup.cfg allows, `dist` those of the source distribution against
the installed wheel, in an environment that has nothing else.
"""

import nox

nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False  # those that are found are used
nox.options.sessions = ["lint", "types", "tests"]
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
COVERAGE = ["--cov=autograd", "--cov=nn", "--cov-branch", "--cov-report=term:skip-covered", "--cov-fail-under=95"]


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
    session.install("build", "twine", ".[test]")
    session.run("python", "tools/check_distribution.py", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """All tests, and how much of the code they run: at least 95 % of all lines and branches."""
    session.install("-e", ".[test]")
    session.run("pytest", "-n", "2", "--dist", "worksteal", *COVERAGE, *session.posargs)
