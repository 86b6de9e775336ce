"""How much is tried: as much as fits into an ordinary run, or SOAK times as much (make soak)."""

import os

SOAK = int(os.environ.get("SOAK", "1"))


def tries(ordinary: int) -> int:
    """So many random cases, or SOAK times as many."""
    return ordinary * SOAK
