"""A condition on an answer, `$.status == 'ok' and $.code in [0, 200]`: a small language of its own,
since a file of an operator must not run code."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import orjson

from hub.connectors.mapping.paths import Getter, getter

_MOST_CHARACTERS = 500
_DEEPEST = 20
_MOST_TOLD = 80
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<path>\$(?:\.[\w-]+|\[[0-9]{1,9}\]|\['[^']*'\])* | [A-Za-z_][\w-]*(?:\.[\w-]+)*)
    | (?P<text>'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*")
    | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.])
    | (?P<mark>==|!=|[()\[\],])
    | (?P<end>\Z)
    )""",
    re.X,
)
_WORDS = {"true": True, "false": False, "null": None}
_KEYWORDS = {"and", "or", "in", *_WORDS}

Holds = Callable[[Any], bool]


class Predicate:
    """A condition that is ready to be asked of documents."""

    def __init__(self, text: str) -> None:
        """Raises ValueError with the column of what is wrong."""
        parser = _Parser(text)
        self.holds: Holds = parser.whole()
        self._paths = parser.paths

    def told(self, document: object) -> str:
        """What a document has where the condition looks, and the names of its keys. The rest of it
        is not told: it may hold a citizen's words."""
        told = [f"{path} is {_told(get(document))}" for path, get in self._paths.items()]
        if isinstance(document, dict):
            names = ", ".join(map(str, document))
            told.append(f"its keys are {_cut(names) or 'none'}")
        return "; ".join(told)


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


class _Parser:
    """or := and ("or" and)* · and := one ("and" one)* · one := "(" or ")" | path == value |
    path != value | path in [value, …]"""

    def __init__(self, text: str) -> None:
        self.paths: dict[str, Getter] = {}
        if len(text) > _MOST_CHARACTERS:
            raise ValueError(f"is longer than {_MOST_CHARACTERS} characters")
        self._text = text
        self._depth = 0
        self._token = self._read(0)

    def whole(self) -> Holds:
        """The condition, with nothing after it."""
        holds = self._any_of()
        if self._token.kind != "end":
            self._refuse("`and`, `or` or the end")
        return holds

    def _any_of(self) -> Holds:
        parts = [self._all_of()]
        while self._took("or"):
            parts.append(self._all_of())
        return lambda document: any(holds(document) for holds in parts)

    def _all_of(self) -> Holds:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return lambda document: all(holds(document) for holds in parts)

    def _one(self) -> Holds:
        if self._took("("):
            self._depth += 1
            if self._depth > _DEEPEST:
                self._refuse(f"no more than {_DEEPEST} parentheses in each other")
            holds = self._any_of()
            self._depth -= 1
            self._need(")")
            return holds
        path = self._token
        if path.kind != "path":
            self._refuse("a path, such as $.status")
        get = self.paths.setdefault(path.text, getter(path.text))
        self._next()
        if self._took("in"):
            among = self._values()
            return lambda document: any(_same(get(document), each) for each in among)
        differs = self._took("!=")
        if not differs:
            self._need("==", "`==`, `!=` or `in`")
        value = self._value()
        return lambda document: _same(get(document), value) is not differs

    def _values(self) -> list[Any]:
        self._need("[")
        found = [self._value()]
        while self._took(","):
            found.append(self._value())
        self._need("]")
        return found

    def _value(self) -> Any:
        token = self._token
        if token.kind == "text":
            value: Any = re.sub(r"\\(.)", r"\1", token.text[1:-1])
        elif token.kind == "number":
            value = orjson.loads(token.text)
        elif token.text in _WORDS:
            value = _WORDS[token.text]
        else:
            self._refuse("a text in quotes, a number, true, false or null")
        self._next()
        return value

    def _took(self, text: str) -> bool:
        if self._token.kind not in ("word", "mark") or self._token.text != text:
            return False
        self._next()
        return True

    def _need(self, text: str, told: str | None = None) -> None:
        if not self._took(text):
            self._refuse(told or f"`{text}`")

    def _next(self) -> None:
        self._token = self._read(self._token.column - 1 + len(self._token.text))

    def _read(self, position: int) -> _Token:
        match = _TOKEN.match(self._text, position)
        if match is None or match.lastgroup is None:
            start = len(self._text) - len(self._text[position:].lstrip())
            raise ValueError(f"column {start + 1}: {self._text[start]!r} is not understood here")
        kind, text = match.lastgroup, match[match.lastgroup]
        if text in _KEYWORDS:
            kind = "word"
        return _Token(kind, text, match.start(match.lastgroup) + 1)

    def _refuse(self, expected: str) -> NoReturn:
        found = "it ends" if self._token.kind == "end" else f"{self._token.text!r} stands"
        raise ValueError(f"column {self._token.column}: {found} where {expected} was expected")


def _same(value: Any, other: Any) -> bool:
    """Whether two values are one in JSON, where true is not 1."""
    return isinstance(value, bool) is isinstance(other, bool) and bool(value == other)


def _told(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return _cut(orjson.dumps(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TOLD else text[:_MOST_TOLD] + "…"
