"""The data of lesson E: the Pima diabetes table where the reader has it, else the tumours of scikit-learn."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ADDRESS = "https://datatweets.com/datasets/diabetes.csv"
FILE, VARIABLE, OUTCOME = "diabetes.csv", "PIMA_CSV", "Outcome"


@dataclass(frozen=True, repr=False)
class Patients:
    """A table of patients: `frame` holds the measurements and, in its last column, the outcome (1 or 0)."""

    name: str
    frame: Any  # a pandas.DataFrame
    is_pima: bool

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        return f"<{self.name}: {rows} rows, {columns} columns>"


def patients(path: str | os.PathLike[str] | None = None, download: bool = False) -> Patients:
    """The table for lesson E, as pandas reads it.

    The Pima diabetes data are taken from `path`, from the file that the environment variable PIMA_CSV names, or from
    diabetes.csv in this folder; with `download=True` and none of them there, they are fetched once from
    https://datatweets.com/datasets/diabetes.csv and kept in this folder. Otherwise it is the breast cancer table of
    scikit-learn. Raises FileNotFoundError where `path` is none; ValueError for a file without the column Outcome;
    OSError, with what to do, where the download fails.

    >>> patients()
    <tumours (scikit-learn's breast cancer data): 569 rows, 31 columns>
    """
    found = _file(path)
    if found is None and download:
        found = _downloaded()
    if found is None:
        from sklearn.datasets import load_breast_cancer

        frame = load_breast_cancer(as_frame=True).frame.rename(columns={"target": OUTCOME})
        return Patients("tumours (scikit-learn's breast cancer data)", frame, False)
    import pandas

    frame = pandas.read_csv(found)
    if OUTCOME not in frame.columns:
        raise ValueError(f"{found} has no column {OUTCOME}; its columns are {', '.join(map(str, frame.columns))}")
    return Patients("Pima diabetes data", frame, True)


def _file(path: str | os.PathLike[str] | None) -> Path | None:
    if path is not None:
        if not Path(path).exists():
            raise FileNotFoundError(f"no file {os.fspath(path)!r}")
        return Path(path)
    found = Path(os.environ.get(VARIABLE, FILE))
    return found if found.exists() else None


def _downloaded() -> Path:
    from urllib.error import URLError
    from urllib.request import urlopen

    try:
        with urlopen(ADDRESS, timeout=30) as answer:
            text: bytes = answer.read()
    except (URLError, OSError) as error:
        raise OSError(f"{ADDRESS} cannot be read ({error}): save it as {FILE} in this folder by hand") from error
    from ..support.files import write_whole

    if OUTCOME.encode() not in text.splitlines()[0]:
        raise OSError(f"{ADDRESS} has sent something else: save the data as {FILE} in this folder by hand")
    write_whole(FILE, text)
    return Path(FILE)
