"""Values as the lessons show them: numbers short, arrays with their shapes."""

from typing import Any

from ..notation.numbers import number

MOST = 6  # rows and columns that are shown


def described(x: Any) -> str:
    """A number, a list, an array with its shape, or whatever its repr says, in a few lines.

    >>> described([1.0, -0.25])
    '[1.0, −0.25]'
    """
    if hasattr(x, "dtype") and hasattr(x, "shape"):
        shape = f"shape ({', '.join(map(str, x.shape))}{',' * (len(x.shape) == 1)})"
        return _number(x.item()) if x.shape == () else f"{_nested(x.tolist())}   {shape}"
    if isinstance(x, (list, tuple)):
        return _nested(x)
    return _number(x) if isinstance(x, (int, float)) else _short(repr(x))


def _number(x: Any) -> str:
    return str(x) if isinstance(x, (bool, int)) else number(x + 0.0)


def _nested(x: Any) -> str:
    if not isinstance(x, (list, tuple)):
        return described(x)
    parts = [_nested(part) for part in x]
    if len(parts) > MOST:
        parts = [*parts[: MOST // 2], "…", *parts[-2:]]
    separator = "\n " if x and isinstance(x[0], (list, tuple)) else ", "
    return f"[{separator.join(parts)}]"


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"
