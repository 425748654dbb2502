"""The words of a task, read as a sentence of code and plain words. Pure; English, as the planner writes it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|(?P<path>(?<![\w.-])[\w.-]+(?:/[\w.-]+)+)"
    r"|(?P<word>[^\W\d]\w*(?:-[^\W\d]\w*)*(?:(?:\.|::|\#)[^\W\d]\w*)*(?:\([^()\n]*\))?)"
    r"|(?P<mark>[^\s\w])"
)
_CODE = re.compile(
    r"(?:(?:export|default|async|public|pub|static)\s+)*"
    r"(?:(?P<kind>def|class|function|func|fn|struct|interface|type|enum|trait|const)\s+)?"
    r"(?P<name>[^\W\d]\w*(?:(?:\.|::|\#)[^\W\d]\w*)*)(?P<rest>(?:\s*[(<:\[]|\s*->).*)?",
    re.DOTALL,
)
_FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:pyi?|[cm]?[jt]sx?|go|rs)")
_SHAPED = re.compile(r"\w*[^\W_]_[^\W_]\w*|(?=\w*[a-z])[^\W\d_][a-z0-9]*[A-Z]\w*")
"""``snake_case`` and ``camelCase``: no word of a sentence looks like that."""
_CAPITAL = re.compile(r"[A-Z][a-z]\w+")
_ENDS = frozenset(".;!?")
_CONTRACTED = re.compile(r"\b(do|does|must|should|can|need|is|are|will)n['\u2019]t\b", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:[-*\u2022]|\d+[.)])\s")
_LONGEST = 20_000
"""Characters of a text that are read; a goal is a few lines."""
_MOST_TOKENS = 300
"""Of a sentence; what goes on longer is read as several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word, a sign, the name of something in code, or a file."""

    kind: Literal["word", "mark", "name", "file", "other"]
    text: str
    """Of a word in lower case without hyphens; of a name with dots between its parts, without parameters."""
    said: str = ""
    """Of a name all that was written."""
    explicit: bool = False
    """Of a name: nobody could take it for a word of the sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence, in its tokens and as it was written."""

    text: str
    tokens: tuple[Token, ...]


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text; a line that begins a list, or follows the end of a sentence, begins a new one."""
    text = _CONTRACTED.sub(r"\1 not", text[:_LONGEST])
    for part in _parts(text):
        tokens, begin = list[Token](), 0
        for found in _TOKEN.finditer(part):
            token = _token(found)
            if (token.kind == "mark" and token.text in _ENDS) or len(tokens) == _MOST_TOKENS:
                if tokens:
                    yield Sentence(text=part[begin : found.end()].strip(), tokens=tuple(tokens))
                tokens, begin = [], found.end()
            else:
                tokens.append(token)
        if tokens:
            yield Sentence(text=part[begin:].strip(), tokens=tuple(tokens))


def _parts(text: str) -> Iterator[str]:
    """Lines, joined where a sentence goes over more than one."""
    held = ""
    for line in text.splitlines():
        goes_on = held and not held.rstrip().endswith((".", ":", ";", "!", "?")) and not _BULLET.match(line)
        if goes_on and line.strip():
            held += f" {line.strip()}"
            continue
        if held:
            yield held
        held = _BULLET.sub("", line, count=1) if _BULLET.match(line) else line.strip()
    if held:
        yield held


def _token(found: re.Match[str]) -> Token:
    if (code := found["code"]) is not None:
        return _of_code(code.strip())
    if (path := found["path"]) is not None:
        path = path.rstrip(".")
        return Token(kind="file" if _FILE.fullmatch(path) else "other", text=path)
    if (word := found["word"]) is not None:
        return _of_word(word)
    return Token(kind="mark", text=found["mark"])


def _of_code(code: str) -> Token:
    if _FILE.fullmatch(code):
        return Token(kind="file", text=code)
    if (named := _CODE.fullmatch(code)) is None:
        return Token(kind="other", text=code)
    name = _dotted(named["name"])
    explicit = bool(named["kind"] or named["rest"]) or "." in name or bool(_SHAPED.fullmatch(name))
    return Token(kind="name", text=name, said=code, explicit=explicit)


def _of_word(word: str) -> Token:
    name = _dotted(word.partition("(")[0])
    if _FILE.fullmatch(word):
        return Token(kind="file", text=word)
    called = "(" in word and "-" not in name and not word.endswith(("(s)", "(es)"))
    if called or any(_SHAPED.fullmatch(part) for part in name.split(".")):
        return Token(kind="name", text=name, said=word, explicit=True)
    if _CAPITAL.fullmatch(word):
        return Token(kind="word", text=word.lower(), said=word)
    return Token(kind="word", text=word.partition("(")[0].lower().replace("-", ""))


def _dotted(name: str) -> str:
    return name.replace("::", ".").replace("#", ".")
