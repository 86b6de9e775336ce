"""Files that appear whole or not at all."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> "Path":
    """Write `content` to `path` in one step: nobody ever sees half a file, and a failure leaves the old one."""
    from pathlib import Path  # here: `import autograd` stays quick

    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(content)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return Path(path)
