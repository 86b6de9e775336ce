"""Files that appear whole or not at all."""

import os
import re
from contextlib import suppress
from errno import ENOENT
from stat import S_IMODE
from typing import TYPE_CHECKING, Any

locks: Any = None  # Windows, and Python in a browser, have none: there drafts of killed processes stay
with suppress(ImportError):
    import fcntl as locks

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> "Path":
    """Write `content` to `path` in one step: nobody ever sees half a file, and a failure leaves the old one.

    An existing file keeps its permissions; what is no file, such as /dev/stdout, is written to directly. Drafts that
    killed processes left beside it are removed. Raises FileNotFoundError for a missing folder.
    """
    from pathlib import Path  # here: `import autograd` stays quick

    target = Path(os.path.realpath(path))
    if os.path.exists(path) and not os.path.isfile(path):
        Path(path).write_bytes(content)
    elif not target.parent.is_dir():
        raise FileNotFoundError(ENOENT, "no such folder to write to: make it first", str(target.parent))
    else:
        _replace(target, content)
        _remove_dead_drafts(target)
    return Path(path)


def _replace(target: "Path", content: bytes) -> None:
    draft, lock = _locked_draft(target)
    try:
        with open(draft, "r+b") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(draft, S_IMODE(target.stat().st_mode))
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
        if lock is not None:
            os.close(lock)


def _locked_draft(target: "Path") -> tuple["Path", int | None]:
    """A new file beside `target`, and what holds the lock that tells others that its process is alive.

    Its name is random: process numbers are shared by threads, and repeat from container to container.
    """
    while True:
        draft = target.with_name(f"{_prefix(target)}{os.urandom(8).hex()}.tmp")
        lock = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
        if locks is None:
            os.close(lock)
            return draft, None
        with suppress(OSError):  # a file system without locks
            locks.flock(lock, locks.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return draft, lock
        os.close(lock)  # it was taken for a dead one before it was locked


def _remove_dead_drafts(target: "Path") -> None:
    """Remove the drafts of `target` that nobody holds: a lock ends with its process, however that ends."""
    if locks is None:
        return
    draft = re.compile(re.escape(_prefix(target)) + r"[0-9a-f]{16}\.tmp")
    with suppress(OSError):
        for name in filter(draft.fullmatch, os.listdir(target.parent)):
            _remove_if_dead(target.with_name(name))


def _remove_if_dead(draft: "Path") -> None:
    with suppress(OSError):  # it is held, gone, or another user's
        lock = os.open(draft, os.O_RDWR)
        try:
            locks.flock(lock, locks.LOCK_EX | locks.LOCK_NB)
            draft.unlink()
        finally:
            os.close(lock)


def _prefix(target: "Path") -> str:
    return f".{target.name[:50]}."  # with a long name a draft's would be too long
