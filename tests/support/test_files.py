"""write_whole: a file is there whole or not at all, whoever else writes it, and whatever happens in the middle."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest
from paths import LIBRARY

import nn
from autograd.support.files import write_whole

posix = pytest.mark.skipif(os.name == "nt", reason="permissions, links and locks as POSIX has them")


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.svg"
    target.write_bytes(b"old")

    def fail(source: object, destination: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.svg"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there.svg").touch()
    (tmp_path / "x.svg").symlink_to(tmp_path / "there.svg")
    write_whole(tmp_path / "x.svg", b"new")
    assert (tmp_path / "x.svg").is_symlink()
    assert (tmp_path / "there.svg").read_bytes() == b"new"


def read_while_saving(path: Path, writers: list[Thread], stop: Event) -> set[bytes]:
    for writer in writers:
        writer.start()
    found = {path.read_bytes() for _ in range(500)}
    stop.set()
    for writer in writers:
        writer.join()
    return found


def test_models_saved_from_several_threads_are_never_seen_half_written(tmp_path: Path) -> None:
    path, stop, failed = tmp_path / "model.json", Event(), []
    models = [nn.MLP(8, [16, 1]) for _ in range(4)]
    whole = set()
    for model in models:
        model.save(path)
        whole.add(path.read_bytes())

    def save(model: nn.Module) -> None:
        try:
            while not stop.is_set():
                model.save(path)
        except OSError as error:
            failed.append(error)

    found = read_while_saving(path, [Thread(target=save, args=(model,)) for model in models], stop)
    assert found <= whole
    assert not failed
    assert os.listdir(tmp_path) == ["model.json"]


def test_processes_of_one_number_do_not_disturb_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 1)  # as in two containers with a common folder
    real, drafts = os.fsync, []  # type: ignore[var-annotated]

    def interrupted(descriptor: int) -> None:
        real(descriptor)
        if not drafts:
            drafts.extend(os.listdir(tmp_path))
            write_whole(tmp_path / "x", b"the other's")

    monkeypatch.setattr(os, "fsync", interrupted)
    write_whole(tmp_path / "x", b"mine")
    assert len(drafts) == 1
    assert (tmp_path / "x").read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["x"]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_an_existing_file_keeps_its_permissions(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.touch()
    path.chmod(mode)
    nn.MLP(2, [1]).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_whole(tmp_path / "x", b"new")
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "plain").stat().st_mode


@posix
def test_the_draft_of_a_killed_process_is_removed_by_the_next_save(tmp_path: Path) -> None:
    killed = "import os, signal; from autograd.support.files import write_whole; "
    killed += "os.fsync = lambda _: os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", f"{killed}; write_whole('model.json', b'half')"], cwd=tmp_path, env=paths())
    assert len(os.listdir(tmp_path)) == 1  # its draft
    (tmp_path / ".model.json.keep.tmp").touch()  # somebody else's
    write_whole(tmp_path / "model.json", b"whole")
    assert sorted(os.listdir(tmp_path)) == [".model.json.keep.tmp", "model.json"]


def paths() -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(LIBRARY)}


def test_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    write_whole(tmp_path / ("x" * 255), b"new")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"new"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no such folder to write to: make it first: .*missing'"):
        nn.MLP(2, [1]).save(tmp_path / "missing" / "model.json")
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"new")
    assert os.listdir(tmp_path) == []


@posix
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_whole(tmp_path / "pipe", b"through")
    reader.join()
    assert read == [b"through"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
