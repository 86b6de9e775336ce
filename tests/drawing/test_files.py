"""Diagrams on disk and in a notebook: with Graphviz, with graphviz-pure alone, and with neither."""

import importlib.util
import os
import shutil
import sys
import sysconfig
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from autograd import Value, draw, walk
from autograd.drawing import diagram, render
from autograd.drawing.diagram import Diagram
from autograd.drawing.render import RenderError, programs

DOT = shutil.which("dot")
PURE = next((program for program in programs() if "graphviz-pure" in program), None)
needs_dot = pytest.mark.skipif(DOT is None, reason="no Graphviz (apt install graphviz)")
needs_pure = pytest.mark.skipif(PURE is None, reason="no graphviz-pure (pip install graphviz-pure)")


def small() -> Diagram:
    x = Value(2.0, "x")
    return draw((x * 3.0 + 1.0).tanh(), derivatives=True)


@pytest.fixture
def path_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, and a Python that has no programs beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "elsewhere"))
    return folder


@pytest.fixture(params=[pytest.param("dot", marks=needs_dot), pytest.param("graphviz-pure", marks=needs_pure)])
def program(request: pytest.FixtureRequest, path_with: Path) -> str:
    """The only program for diagrams that is to be found."""
    found = DOT if request.param == "dot" else PURE
    (path_with / request.param).symlink_to(str(found))
    return str(request.param)


def test_either_program_draws_svg_and_png(program: str, tmp_path: Path) -> None:
    assert [Path(found).name for found in programs()] == [program]
    ET.parse(small().save(tmp_path / "x.svg"))
    assert small().save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_either_program_finds_the_same_elements(program: str) -> None:
    ids = {element.get("id") for element in ET.fromstring(small().svg()).iter()}
    assert {"n0", "n1", "n2", "n3", "n4", "n5", "e2-0", "e2-1", "e4-0", "e4-1", "e5-0"} <= ids


@needs_dot
def test_pdf_is_drawn_by_graphviz(tmp_path: Path) -> None:
    assert small().save(tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")


@needs_pure
def test_pdf_without_graphviz_says_what_to_install(path_with: Path, tmp_path: Path) -> None:
    (path_with / "graphviz-pure").symlink_to(str(PURE))
    with pytest.raises(RenderError, match="apt install graphviz"):
        small().save(tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


@needs_pure
@pytest.mark.parametrize("beside", ["python", "scripts"])
def test_graphviz_pure_is_found_in_an_environment_that_is_not_activated(
    beside: str, path_with: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = tmp_path / "venv"
    environment.mkdir()
    (environment / "graphviz-pure").symlink_to(str(PURE))
    if beside == "python":
        monkeypatch.setattr(sys, "executable", str(environment / "python"))
    else:
        monkeypatch.setattr(sysconfig, "get_path", lambda name: str(environment))
    assert programs() == [str(environment / "graphviz-pure")]
    ET.fromstring(small().svg())


@needs_pure
def test_a_broken_dot_is_no_obstacle_to_graphviz_pure(path_with: Path, tmp_path: Path) -> None:
    broken = path_with / "dot"
    broken.write_text('#!/bin/sh\necho "Format: svg not recognized" >&2\nexit 1\n')
    broken.chmod(0o755)
    (path_with / "graphviz-pure").symlink_to(str(PURE))
    assert small().save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_with_neither_the_error_says_what_to_install_for_png_and_pdf(
    suffix: str, path_with: Path, tmp_path: Path
) -> None:
    with pytest.raises(RenderError) as caught:
        small().save(tmp_path / f"x.{suffix}")
    assert f"no Graphviz was found to draw {suffix.upper()}" in str(caught.value)
    assert "pip install graphviz-pure" in str(caught.value)
    assert "apt install graphviz" in str(caught.value)
    assert os.listdir(tmp_path) == ["bin"]


def test_with_neither_svg_is_drawn_all_the_same(path_with: Path, tmp_path: Path) -> None:
    root = ET.parse(small().save(tmp_path / "x.svg")).getroot()
    assert {"n0", "n1", "n2", "n3", "n4", "n5", "e2-0", "e2-1", "e4-0", "e4-1", "e5-0"} <= {
        element.get("id") for element in root.iter()
    }


def test_with_neither_a_notebook_shows_the_picture(path_with: Path) -> None:
    shown = small()._repr_mimebundle_()
    ET.fromstring(shown["image/svg+xml"])
    assert shown["text/plain"] == repr(small())


def test_a_picture_that_nothing_can_draw_is_text_in_a_notebook_and_no_traceback(path_with: Path) -> None:
    picture = small()
    picture.digraph.body.append('a [label="never closed\n')
    shown = picture._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert "no program could draw this diagram" in shown["text/plain"]


def test_with_neither_the_dot_text_is_still_there(path_with: Path, tmp_path: Path) -> None:
    assert small().source.startswith("digraph")
    assert small().save(tmp_path / "x.dot").read_text(encoding="utf-8") == small().source


def test_a_notebook_shows_svg_without_background() -> None:
    shown = small()._repr_mimebundle_()
    assert shown["text/plain"] == "<Diagram of 6 nodes, 5 edges; diagram.save('x.svg') writes it to a file>"
    root = ET.fromstring(shown["image/svg+xml"])
    background = root.find("{http://www.w3.org/2000/svg}g/{http://www.w3.org/2000/svg}polygon")
    assert background is None or background.get("fill") in ("none", "transparent")


def test_nothing_runs_before_a_picture_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "_run", lambda command, source: pytest.fail("a program was started"))
    assert repr(small()).startswith("<Diagram")


@pytest.mark.skipif(importlib.util.find_spec("graphviz") is None, reason="no package graphviz")
def test_the_digraph_behind_it_can_be_changed() -> None:
    picture = small()
    picture.digraph.node("note", "mine", id="note")
    assert 'id="note"' in picture.svg()


@pytest.mark.parametrize("name", ["x.jpg", "x", "x.svg.gz", ".svg"])
def test_an_unknown_suffix_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.svg, \.png, \.pdf or \.dot"):
        small().save(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_a_picture_of_a_page_and_a_page_of_a_picture_are_refused_with_the_way_to_each(tmp_path: Path) -> None:
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match=r"a page is made by walk\(value\)\.save"):
        draw(x * x).save(tmp_path / "x.html")
    with pytest.raises(ValueError, match=r"a picture is made by draw\(value\)\.save"):
        walk(x * x).save(tmp_path / "x.svg")
    assert os.listdir(tmp_path) == []


def test_a_suffix_may_be_in_capitals(tmp_path: Path) -> None:
    ET.parse(small().save(tmp_path / "X.SVG"))


def test_a_picture_that_fails_leaves_the_old_file(path_with: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.png"
    target.write_text("old")
    with pytest.raises(RenderError):
        small().save(target)
    assert target.read_text() == "old"


def test_every_format_has_its_options() -> None:
    assert set(diagram.FORMATS) == {".svg", ".png", ".pdf"}
