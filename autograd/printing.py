"""Text for streams that lack our signs: on a Windows pipe (cp1252) or in plain ASCII, ∂L/∂x₁ is written dL/dx1."""

import re
import sys

_WORDS = {
    "∂": "d", "·": "*", "⋅": "*", "µ": "mu", "–": "-", "×": "x", "÷": "/", "−": "-", "…": "...", "≈": "~=", "→": "->",
    "←": "<-", "√": "sqrt", "∞": "inf", "±": "+-", "≤": "<=", "≥": ">=", "′": "'", "½": "1/2", "¼": "1/4", "Σ": "sum",
    "∏": "prod", "Π": "prod", "∇": "grad ", "‖": "||", "⊙": "o", "ᵀ": ".T", "¬": "not ", "∧": "and", "∨": "or",
    "─": "-", "⋮": ":", "⋱": "\\", "⎡": "[", "⎢": "[", "⎣": "[", "⎤": "]", "⎥": "]", "⎦": "]", "˒": ",",
    "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "∛": "cbrt", "\u0302": "^",
}  # fmt: skip
_SIGNS = str.maketrans(_WORDS)
_POWER = "[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"
_INDEX = "⁽([^⁾]*)⁾"  # w₁₁⁽²⁾: the second of that name


class Text(str):
    """A text that prints on every stream: `print(text)` writes it as `printable` does; as a string it is unchanged."""

    __slots__ = ()

    def __str__(self) -> str:
        return printable(str.__str__(self))


def printable(text: str) -> str:
    """`text` where standard output can show it, else in words of ASCII."""
    encoding = getattr(sys.stdout, "encoding", None)  # a stream within Python, such as StringIO, has none
    if not encoding or text.isascii():
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return in_words(text, encoding)
    return text


def in_words(text: str, encoding: str = "ascii") -> str:
    """`text` with all our signs spelled out; other letters stay if `encoding` has them.

    >>> in_words("∂L/∂w₁₁⁽²⁾ = −½·σ(x²) ≈ 0.35")
    'dL/dw11(2) = -1/2*sigma(x**2) ~= 0.35'
    """
    text = re.sub(_INDEX, lambda found: f"({_decomposed(found[1])})", text)
    text = re.sub(_POWER, lambda found: "**" + _decomposed(found[0]), text)
    return "".join(_spelled(char, encoding) for char in text.translate(_SIGNS))


def _spelled(char: str, encoding: str) -> str:
    """A letter that is ASCII or known to `encoding`; a Greek one by its name; of an accented one what is below."""
    import unicodedata  # not needed until a stream lacks a sign

    if char.isascii():
        return char
    name = unicodedata.name(char, "")
    if name.startswith("GREEK") and " LETTER " in name:
        word = name.split(" LETTER ")[1].split(" WITH ")[0].replace("FINAL ", "").lower()
        return word.capitalize() if char.isupper() else word
    raised = unicodedata.decomposition(char).startswith("<")  # or lowered: the same sign on the line
    return _encodable(_decomposed(char) if raised else char, encoding)


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        kept = "".join(part for part in _decomposed(text) if part.isascii())
        return kept or text.encode("ascii", "backslashreplace").decode()
    return text


def _decomposed(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFKD", text).translate(_SIGNS)
