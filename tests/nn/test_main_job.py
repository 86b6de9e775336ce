"""The main job: what `make demo` runs learns real data, shows one neuron and checks the gradient, within a minute."""

import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from paths import LIBRARY, ROOT

import nn


@pytest.mark.slow
def test_the_main_job_learns_shows_checks_and_draws_within_a_minute(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY), "PYTHONIOENCODING": "utf-8"}
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "breast_cancer.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr
    assert time.monotonic() - started < 60
    losses = [float(line.split()[1]) for line in run.stdout.splitlines() if re.match(r" +\d+  0\.\d{4}", line)]
    assert len(losses) == 15
    assert losses[-1] < losses[5] < losses[1] < losses[0]
    learned, held_out = re.findall(r"([\d.]+)% of the (?:455|114) tumours", run.stdout)
    assert float(learned) >= 95.0
    assert float(held_out) >= 95.0
    assert "gradcheck: all 513 derivatives agree" in run.stdout
    for name in ("learning.png", "gradients.png", "network.svg", "neuron.html"):
        assert (tmp_path / "demo" / name).stat().st_size > 5000


@pytest.mark.slow
def test_the_numbers_of_the_neuron_obey_the_chain_rule(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    job = runpy.run_path(str(ROOT / "examples" / "breast_cancer.py"))
    _, held_out, names = job["load"]()
    job["show_one_neuron"](nn.MLP(30, [16, 1], rng=Random(0)), held_out, names, shown=30)
    shown = capsys.readouterr().out
    (slope,) = re.findall(r"∂L/∂z = .*?(-?\d+\.\d{4})  =", shown)
    rows = re.findall(r"^  [a-z ]+?  +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+) +(-?[\d.]+)$", shown, flags=re.MULTILINE)
    assert len(rows) == 30
    for x, w, by_weight, share in rows:
        assert float(by_weight) == pytest.approx(float(slope) * float(x), abs=3e-4)
        assert float(share) == pytest.approx(float(slope) * float(w), abs=3e-4)
