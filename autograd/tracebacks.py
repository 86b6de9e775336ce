"""Short tracebacks in notebooks: a one-line mistake is shown with the reader's own lines, not with this library's."""

import os
import sys
from types import TracebackType
from typing import Any

_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = (os.path.join(_ROOT, "autograd", ""), os.path.join(_ROOT, "nn", ""))
_PYTHONS = os.path.dirname(os.__file__) + os.sep
FULL = "AUTOGRAD_FULL_TRACEBACKS"


def fold_in_notebooks() -> None:
    """Have IPython leave the library's frames out of tracebacks; AUTOGRAD_FULL_TRACEBACKS=1 in the environment keeps
    them. Where somebody handles exceptions already, nothing changes.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and not shell.custom_exceptions and not os.environ.get(FULL):
        shell.set_custom_exc((Exception,), _show)


def _show(shell: Any, kind: type[BaseException], error: BaseException, tb: Any, tb_offset: int | None = None) -> None:
    for chained in _chain(error):
        chained.__traceback__ = folded(chained.__traceback__)
    shell.showtraceback((kind, error, folded(tb)), tb_offset=tb_offset)


def _chain(error: BaseException) -> list[BaseException]:
    """What the error was raised from, or during."""
    found: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found


def folded(tb: TracebackType | None) -> TracebackType | None:
    """The traceback without our frames, and without those of Python's own modules that we called."""
    frames, inside = [], False
    while tb is not None:
        file = tb.tb_frame.f_code.co_filename
        inside = file.startswith(_OURS) or (inside and file.startswith(_PYTHONS) and "site-packages" not in file)
        if not inside:
            frames.append(tb)
        tb = tb.tb_next
    found: TracebackType | None = None
    for kept in reversed(frames):
        found = TracebackType(found, kept.tb_frame, kept.tb_lasti, kept.tb_lineno)
    return found
