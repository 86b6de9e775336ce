"""The names that code mentions, and whose code it is."""

import dis
import re
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Literal, NamedTuple

Owner = Literal["user", "library", "nn", "engine"]
PACKAGE = Path(str(sys.modules[__name__.partition(".")[0]].__file__)).parent
OURS: dict[Owner, str] = {"engine": str(PACKAGE / "x")[:-1], "nn": str(PACKAGE.parent / "nn" / "x")[:-1]}
PYTHON = tuple(f"{sysconfig.get_path(which)}/" for which in ("stdlib", "platstdlib"))
INSTALLED = {"site-packages", "dist-packages"}  # the folders of installed packages
GLOBAL = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"}
COMPUTED = frozenset(
    "getattr hasattr vars dir __dict__ __getattribute__ attrgetter methodcaller asdict astuple fields replace copy "
    "deepcopy eval exec".split()
)
"""Whoever names one of these may read attributes whose names are computed."""
AS_TEXT = {"globals", "eval", "exec", "locals"}  # with these, globals are named in text


class Names(NamedTuple):
    """What a piece of code mentions, the functions inside it included."""

    outside: frozenset[str]  # globals
    attributes: frozenset[str]  # attributes, what is imported, and text that could be a name
    computed: bool  # whether it may read attributes of computed names


class Mentioned:
    """All names that have come up so far: in the user's code, and `deeper`, in that of libraries."""

    users: set[str]
    computed: bool
    deeper: set[str]

    def __init__(self) -> None:
        self.users, self.deeper, self.computed = set[str](), set[str](), False

    def add(self, code: CodeType) -> None:
        """The names in one more piece of code."""
        names = names_of(code)
        if owner(code.co_filename) == "user":
            self.users |= names.attributes
            self.computed |= names.computed
        else:
            self.deeper |= names.attributes

    def add_text(self, constants: Any) -> None:
        """Names that are given as text."""
        self.users.update(_words(constants, expressions=False))

    def __contains__(self, name: str) -> bool:
        return name in self.users or name in self.deeper

    def extent(self) -> tuple[int, int, bool]:
        """Grows with every new name."""
        return len(self.users), len(self.deeper), self.computed


@lru_cache(4096)
def names_of(code: CodeType) -> Names:
    """The names in `code`, of which the user's is looked at instruction by instruction."""
    outside, attributes = set[str](), set[str]()
    computed = False
    if owner(code.co_filename) == "user":
        for i in dis.get_instructions(code):
            computed |= i.opname == "MATCH_CLASS"  # reads the attributes in __match_args__
            if i.opcode in dis.hasname and i.opname.startswith(("LOAD", "IMPORT")):
                (outside if i.opname in GLOBAL else attributes).add(str(i.argval))
    else:
        outside = attributes = set(code.co_names)
    text = set(_words(code.co_consts, bool(outside & {"eval", "exec"})))
    inner = [names_of(x) for x in code.co_consts if isinstance(x, CodeType)]
    return Names(
        frozenset(outside.union(text if outside & AS_TEXT else (), *(x.outside for x in inner))),
        frozenset(attributes.union(text, *(x.attributes for x in inner))),
        computed or not COMPUTED.isdisjoint(outside | attributes) or any(x.computed for x in inner),
    )


def _words(constants: Any, expressions: bool) -> Iterator[str]:
    """Names in text constants: text that is one name, or several with dots between, or braces; in expressions all."""
    for constant in constants:
        if isinstance(constant, (tuple, frozenset)):
            yield from _words(constant, expressions)
        elif isinstance(constant, str):
            whole = expressions or re.fullmatch(r"\w+(\.\w+)*", constant)
            for text in [constant] if whole else re.findall(r"\{([^{}]*)", constant):
                yield from re.findall(r"[^\W\d]\w*", text)


@cache
def owner(file: str) -> Owner:
    """Whose code a file holds: Python's and installed packages' are a library; what is no file is the user's."""
    for whose, folder in OURS.items():
        if file.startswith(folder):
            return whose
    if file.startswith("<frozen") or not INSTALLED.isdisjoint(Path(file).parts) or file.startswith(PYTHON):
        return "library"
    return "user"


def owner_of_module(module: ModuleType | None) -> Owner:
    """By its file: a user's may have a name that a module of Python has, too."""
    space = {} if module is None else vars(module)  # not by getattr: the user's `__getattr__` is not run
    file = space.get("__file__")
    if isinstance(file, str):
        return owner(file)
    return "library" if space.get("__name__", "") in sys.builtin_module_names else "user"


def owner_of_class(kind: type) -> Owner:
    """That of the module which defines it."""
    return owner_of_module(sys.modules.get(kind.__module__))
