"""Leave in notebooks only what says something: python tools/tidy_notebooks.py [--check] NOTEBOOK ...

Away go times of execution, the version of the Python that ran them, and what editors keep for themselves. Exits with 1
where something went (with --check: would go), as a hook for git should.
"""

import json
import sys
from pathlib import Path
from typing import Any

KEPT_OF_NOTEBOOK = {"kernelspec": ("display_name", "language", "name"), "language_info": ("name",)}
KEPT_OF_CELL = ("tags", "wrong")


def tidy(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook without what varies."""
    metadata = notebook["metadata"]
    kept = {name: {key: metadata[name][key] for key in keys if key in metadata[name]}
            for name, keys in KEPT_OF_NOTEBOOK.items() if name in metadata}  # fmt: skip
    return notebook | {"metadata": kept, "cells": [_cell(cell) for cell in notebook["cells"]]}


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    return cell | {"metadata": {name: x for name, x in cell["metadata"].items() if name in KEPT_OF_CELL}}


def main(arguments: list[str]) -> int:
    changed = 0
    for path in [Path(argument) for argument in arguments if argument != "--check"]:
        before = path.read_text(encoding="utf-8")
        after = json.dumps(tidy(json.loads(before)), indent=1, ensure_ascii=False) + "\n"
        if json.loads(after) != json.loads(before):
            changed = 1
            print(f"{path}: holds what varies from run to run")
            if "--check" not in arguments:
                path.write_text(after, encoding="utf-8")
    return changed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
