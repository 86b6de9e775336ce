"""Models on disk: one JSON file each, written whole or not at all, and checked when it is read."""

import json
import os
from collections.abc import Mapping
from errno import ENOENT
from pathlib import Path
from typing import Any
from zlib import crc32

from autograd.support.files import write_whole

FORMAT = "chainrule model 1"


def write_state(path: str | os.PathLike[str], state: Mapping[str, Any]) -> None:
    """Write `state` to `path`; every float comes back exactly, as Python writes the shortest text that does so."""
    content = json.dumps({"format": FORMAT, "checksum": _checksum(state), "state": state})
    write_whole(path, (content + "\n").encode())


def read_state(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The state in the file at `path`; raises ValueError where it is no model file, or a damaged one."""
    folder = Path(path).parent
    if not folder.is_dir():
        raise FileNotFoundError(ENOENT, "no such folder", str(folder))
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is cut off, damaged or no model file ({error}); {REMEDY}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("state"), dict):
        raise ValueError(f"{path} is JSON, but no model file: {FORMAT!r} is not its format; {REMEDY}")
    state: dict[str, Any] = content["state"]
    if content.get("checksum") != _checksum(state):
        raise ValueError(
            f"the numbers in {path} are not those that were saved: it was damaged or edited; {REMEDY}, or, to take "
            "them as they are, model.load_state_dict(json.load(open(path))['state'])"
        )
    return state


REMEDY = "take a copy of it, or save the model again"


def _checksum(state: Mapping[str, Any]) -> int:
    return crc32(json.dumps(state).encode())
