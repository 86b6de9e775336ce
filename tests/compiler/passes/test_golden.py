"""The program after each pass, for five small programs: a pass that breaks is found by its listing.

After a change that is meant, `REWRITE_GOLDEN=1 make quick ARGS="-k made_of_it"` writes the listings anew: read what has
changed.

Of autograd.compiler.passes.simplification, autograd.compiler.passes.constant_folding,
autograd.compiler.passes.differentiation and autograd.compiler.passes.pipeline.
"""

import os
import re
from pathlib import Path

import pytest
from five_programs import PROGRAMS

GOLDEN = Path(__file__).parent / "golden"


def compared(path: Path, text: str) -> None:
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_passes_make_of_a_program_what_they_made_of_it(name: str) -> None:
    compared(GOLDEN / f"{name}.txt", PROGRAMS[name].compiled(backend="numpy").passes + "\n")


def test_every_pass_changes_one_of_the_programs() -> None:
    listings = [path.read_text(encoding="utf-8") for path in GOLDEN.glob("*.txt")]
    changed = set()
    for listing in listings:
        stages = re.split(r"^# (.+): \d+ nodes$", listing, flags=re.MULTILINE)[1:]
        names, programs = stages[::2], stages[1::2]
        changed |= {
            name for name, before, after in zip(names[1:], programs, programs[1:], strict=False) if before != after
        }
    assert changed >= {"gather sums", "differentiate", "differentiate again", "simplify", "sums of products"}
