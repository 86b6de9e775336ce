"""Two runs of the benchmarks beside one another: how much slower or faster is ours, with the machine's mood taken out.

A machine is never as quick as the other day. So a row of ours is measured by how its time changed beyond what the times
of the others, whose code is the same, changed in the middle.
"""

import json
import re
from pathlib import Path
from statistics import median

from .table import Table, digits, duration

OURS = ("chainrule",)
UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
TIE = 1.3  # what is less is noise

Tables = dict[str, list[Table]]


def save(path: Path, tables: Tables) -> None:
    """Write the tables, to be compared with later."""
    text = json.dumps({name: [vars(table) for table in found] for name, found in tables.items()}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def load(path: Path) -> Tables:
    """The tables of an earlier run."""
    return {
        name: [Table(**fields) for fields in found]
        for name, found in json.loads(path.read_text(encoding="utf-8")).items()
    }


def compared(before: list[Table], after: list[Table]) -> list[Table]:
    """For each table that both runs have, our rows with their times then and now."""
    old = {table.header[0]: table for table in before}
    return [_compared(old[table.header[0]], table) for table in after if table.header[0] in old]


def _compared(before: Table, after: Table) -> Table:
    then, now = _seconds(before), _seconds(after)
    changes = {cell: now[cell] / then[cell] for cell in now if then.get(cell)}
    mood = median([change for cell, change in changes.items() if not _is_ours(cell)] or [1.0])
    found = Table([after.header[0], "then", "now", "÷ then", "beside the others", ""])
    for cell, change in changes.items():
        if _is_ours(cell):
            own = change / mood
            word = "SLOWER" if own > TIE else "faster" if own < 1 / TIE else "alike"
            times = duration(then[cell]), duration(now[cell])
            found.rows.append([": ".join(cell), *times, digits(change), digits(own), word])
    found.notes.append(f"Alike is what differs by less than {TIE} × from how the others changed.")
    return found


Cell = tuple[str, str]


def _is_ours(cell: Cell) -> bool:
    return any(name.startswith(OURS) for name in cell)


def _seconds(table: Table) -> dict[Cell, float]:
    """The durations in a table, by row and column."""
    found: dict[Cell, float] = {}
    for row in table.rows:
        for name, text in zip(table.header[1:], row[1:], strict=True):
            if cell := re.fullmatch(r"([\d.]+) (s|ms|µs|ns)", text):
                found[row[0], name] = float(cell[1]) * UNITS[cell[2]]
    return found


def is_slower(tables: list[Table]) -> bool:
    """Whether anything of ours became slower."""
    return any(row[-1] == "SLOWER" for table in tables for row in table.rows)
