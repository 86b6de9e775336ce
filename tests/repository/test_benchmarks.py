"""Two runs of the benchmarks are compared without the machine's mood.

Of nothing in the packages: the benchmarks are not installed.
"""

from pathlib import Path

from benchmarks.comparison import compared, is_slower, load, save
from benchmarks.table import Table


def run(ours: str, theirs: str, other: str = "2.00 s") -> list[Table]:
    rows = [["chainrule", ours, "1.00 ×"], ["PyTorch", theirs, "9.00 ×"], ["JAX", other, "-"]]
    return [Table(["A", "a pass", "÷ chainrule"], rows)]


def test_a_slower_machine_is_no_slower_library(tmp_path: Path) -> None:
    save(tmp_path / "then.json", {"A": run("10.0 µs", "1.00 ms")})
    [table] = compared(load(tmp_path / "then.json")["A"], run("21.0 µs", "2.00 ms", "4.00 s"))
    assert table.rows == [["chainrule: a pass", "10.0 µs", "21.0 µs", "2.10", "1.05", "alike"]]
    assert not is_slower([table])


def test_what_became_slower_by_itself_is_found_and_so_is_what_became_faster() -> None:
    [slower] = compared(run("10.0 µs", "1.00 ms"), run("14.0 µs", "1.00 ms"))
    [faster] = compared(run("10.0 µs", "1.00 ms"), run("6.00 µs", "1.00 ms"))
    assert (slower.rows[0][-1], faster.rows[0][-1]) == ("SLOWER", "faster")
    assert is_slower([faster, slower])
    assert not is_slower([faster])


def test_columns_may_be_the_libraries_and_units_may_change() -> None:
    def moons(ours: str, theirs: str) -> list[Table]:
        return [Table(["a step", "chainrule", "micrograd"], [["with `nn`", ours, theirs]])]

    [table] = compared(moons("950 µs", "1.00 s"), moons("1.90 ms", "1.10 s"))
    assert table.rows == [["with `nn`: chainrule", "950 µs", "1.90 ms", "2.00", "1.82", "SLOWER"]]


def test_tables_that_only_one_run_has_are_left_out() -> None:
    assert compared([], run("1.00 s", "1.00 s")) == []
