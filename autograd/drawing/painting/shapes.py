"""What a node, a frame's title or an edge's label measures, and the shapes and texts that it is made of.

Sizes are points; a shape has its own middle at (0, 0). Widths of letters are Helvetica's, as Adobe's font metrics give
them, and a tenth more: a reader's own font may be wider.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from unicodedata import combining, east_asian_width

from .dot_reader import Look

_WIDTHS = {
    191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft", 333: "()-`r", 334: "{}", 355: '"', 389: "*", 469: "^",
    500: "Jcksvxyz", 556: "#$?0123456789L_abdeghnopqu", 584: "+<=>~−·×÷≈", 611: "FTZ", 667: "&ABEKPSVXY",
    722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@", 400: "₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁽⁾˒′",
}  # fmt: skip
_WIDTH = {char: width for width, chars in _WIDTHS.items() for char in chars}
_OTHER = 620  # thousandths of the font size
ROOM = 1.1
ROUND = ("circle", "ellipse", "oval")
LINE = 1.2  # the height of a line in font sizes


@dataclass(frozen=True)
class Text:
    """Lines of text around a middle; `ground` is the colour of a patch behind them."""

    lines: Sequence[str]
    font: float
    x: float = 0.0
    y: float = 0.0
    ground: str = ""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, in points."""
        return max(map(width, self.lines), default=0.0) * self.font, len(self.lines) * self.font * LINE


@dataclass(frozen=True)
class Shape:
    """An outline (box or ellipse), lines in it, and texts."""

    size: tuple[float, float]
    texts: Sequence[Text]
    outline: str = "box"
    rules: Sequence[tuple[float, float, float, float]] = ()


def width(text: str) -> float:
    """The width of a text of font size 1.

    >>> round(width("0.5"), 3), width("日本") > 2
    (1.529, True)
    """
    return ROOM * sum(map(_width, text)) / 1000


def _width(char: str) -> int:
    if combining(char):
        return 0
    return _WIDTH.get(char, 1000 if east_asian_width(char) in "WF" else _OTHER)


def shape(look: Look, name: str, down: bool) -> Shape:
    """A node's shape; `down` says that the graph runs downwards, in which a record's fields stand side by side."""
    label, font = _escapes(look.get("label", "\\N"), {"N": name}), float(look.get("fontsize", "14"))
    margin = [72 * float(x) for x in look.get("margin", "0.11,0.055").split(",")]
    least = 72 * float(look.get("width", "0.75")), 72 * float(look.get("height", "0.5"))
    across, high = margin[0], margin[-1]
    if look.get("shape") == "record" and not _is_html(label):
        record = _record(label, font, not down)
        record.measure(across, high)
        return record.shape((max(record.size[0], least[0]), max(record.size[1], least[1])))
    text = written(label, font)
    fixed = look.get("fixedsize") == "true"
    wanted = (0.0, 0.0) if fixed else (text.size[0] + 2 * across, text.size[1] + 2 * high)
    size = max(wanted[0], least[0]), max(wanted[1], least[1])
    kind = look.get("shape", "ellipse")
    return Shape((max(size),) * 2 if kind == "circle" else size, [text], "ellipse" if kind in ROUND else "box")


def written(label: str, font: float) -> Text:
    """A label as lines: `\\n` begins a new one; of HTML only the text and its background are kept."""
    if not _is_html(label):
        lines = _escapes(label, dict.fromkeys("nlr", "\n"), plain=True).split("\n")
        return Text([unescape(line).strip() for line in lines], font)
    ground = re.search(r'BGCOLOR="([^"]*)"', label, re.I)
    lines = [unescape(line) for line in re.split(r"<BR/?>", label[1:-1], flags=re.I)]
    return Text([re.sub(r"<[^>]*>", "", line).strip() for line in lines], font, 0.0, 0.0, ground[1] if ground else "")


def _is_html(label: str) -> bool:
    return label.startswith("<") and label.endswith(">")


def _escapes(text: str, meanings: dict[str, str], plain: bool = False) -> str:
    """The text with what a character behind a backslash means; others are left, or `plain`: stand for themselves."""
    return re.sub(r"\\(.)", lambda pair: meanings.get(pair[1], pair[1] if plain else pair[0]), text, flags=re.S)


@dataclass
class _Field:
    """A field of a record: a text, or fields in it that stand below one another or side by side."""

    text: Text | None = None
    fields: list["_Field"] = field(default_factory=list)
    stacked: bool = True
    size: tuple[float, float] = (0.0, 0.0)

    def measure(self, across: float, high: float) -> None:
        if self.text:
            self.size = self.text.size[0] + 2 * across, self.text.size[1] + 2 * high
            return
        for part in self.fields:
            part.measure(across, high)
        widths, heights = zip(*(part.size for part in self.fields), strict=True)
        self.size = (max(widths), sum(heights)) if self.stacked else (sum(widths), max(heights))

    def shape(self, size: tuple[float, float]) -> Shape:
        texts: list[Text] = []
        rules: list[tuple[float, float, float, float]] = []
        self._fill(-size[0] / 2, -size[1] / 2, size, texts, rules)
        return Shape(size, texts, "box", rules)

    def _fill(
        self,
        x: float,
        y: float,
        size: tuple[float, float],
        texts: list[Text],
        rules: list[tuple[float, float, float, float]],
    ) -> None:
        """Stand at (x, y) in a room of this size, of which each field takes an equal share of what is left over."""
        if self.text:
            texts.append(Text(self.text.lines, self.text.font, x + size[0] / 2, y + size[1] / 2))
            return
        way = 1 if self.stacked else 0
        more = (size[way] - self.size[way]) / len(self.fields)
        for i, part in enumerate(self.fields):
            if i:
                rules.append((x, y, x + size[0], y) if self.stacked else (x, y, x, y + size[1]))
            room = (size[0], part.size[1] + more) if self.stacked else (part.size[0] + more, size[1])
            part._fill(x, y, room, texts, rules)
            x, y = (x, y + room[1]) if self.stacked else (x + room[0], y)


def _record(label: str, font: float, stacked: bool) -> _Field:
    """`a|{b|c}`: fields, within braces in the other direction."""
    return _fields(re.findall(r"\\.|[{}|]|[^\\{}|]+", label, re.S), font, stacked)[0]


def _fields(tokens: list[str], font: float, stacked: bool) -> tuple[_Field, list[str]]:
    """The fields up to the end or to the brace that closes them, and what follows it."""
    here, text = _Field(stacked=stacked), ""
    inner: _Field | None = None
    while tokens:
        token, *tokens = tokens
        if token == "{":
            inner, tokens = _fields(tokens, font, not stacked)
        elif token in "|}":
            here.fields.append(inner or _Field(written(text, font)))
            inner, text = None, ""
            if token == "}":
                return here, tokens
        else:
            text += token
    here.fields.append(inner or _Field(written(text, font)))
    return here, tokens
