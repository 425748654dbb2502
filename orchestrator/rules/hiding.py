"""Which files no model is shown, and what of their contents is kept out of texts that speak of them. Pure.

A test may print what stands in such a file. So texts for models lose its lines, the values that are set in it, and its
words that look like keys, where no other file has them: in doubt a path is hidden, and a word that others use is not.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .globs import may_overlap
from .tree_policy import in_the_way, shown

WITHHELD = "[withheld]"
_MOST = 4_000
"""Lines and values that are looked for anywhere in a text; of longer files the rest are looked for as whole lines."""
_SHORTEST_LINE = 12
_SHORTEST_VALUE = 6
_SHORTEST_KEY = 8
_LONG_KEY = 20
_WORD = re.compile(rf"[\w+/=.-]{{{_SHORTEST_KEY},}}")
_SET = re.compile(r"""[\w."'-]{1,100}\s*(?:=>|[:=])\s*["']?(.*?)["']?[,;]?""")
_SPLIT = re.compile(r"""[\s"'`=:,;()\[\]{}<>]+""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What texts lose: parts wherever they stand, lines that are nothing else, and words."""

    parts: tuple[str, ...] = ()
    """Longest first."""
    lines: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is anything to keep out."""
        return bool(self.parts or self.lines or self.words)


def is_hidden(path: str, globs: Iterable[str]) -> bool:
    """Whether a file is kept from models; case makes no difference, as on some file systems."""
    folded = path.casefold()
    return any(may_overlap(glob.casefold(), folded) for glob in globs)


def trespasses(changed: Iterable[str], hidden: Sequence[str], globs: Sequence[str]) -> tuple[str, ...]:
    """Those of the changed paths that are hidden, or in the way of a hidden file."""
    return tuple(path for path in changed if is_hidden(path, globs) or any(in_the_way(path, other) for other in hidden))


def told(paths: Iterable[str]) -> tuple[str, ...]:
    """Why files were not taken, a sentence each."""
    return tuple(f"{shown(path)} is kept by the repository's policy: no task reads or writes it" for path in paths)


def withheld(hidden: Mapping[str, str], others: Iterable[str]) -> Withheld:
    """What the contents of hidden files, by path, come to beside the contents of all others."""
    words, lines = set[str](), set[str]()
    for text in others:
        words.update(_words(text))
        lines.update(map(str.strip, text.splitlines()))
    parts = {part for text in hidden.values() for part in _parts(text) if part not in lines and part not in words}
    ranked = sorted(parts, key=lambda part: (-len(part), part))
    keys = {word for text in hidden.values() for word in _WORD.findall(text) if _is_key(word) and word not in words}
    return Withheld(parts=tuple(ranked[:_MOST]), lines=frozenset(ranked[_MOST:]), words=frozenset(keys))


def without(text: str, known: Withheld) -> str:
    """The text without what is withheld; doing it again changes nothing."""
    for part in known.parts:
        if part in text:
            text = text.replace(part, WITHHELD)
    if known.lines:
        text = "".join(_line(line, known.lines) for line in text.splitlines(keepends=True))
    return _WORD.sub(lambda word: WITHHELD if word[0] in known.words else word[0], text) if known.words else text


def _line(line: str, lines: frozenset[str]) -> str:
    inner = line.strip()
    return line.replace(inner, WITHHELD) if inner in lines else line


def _words(text: str) -> Iterator[str]:
    yield from _WORD.findall(text)
    yield from _SPLIT.split(text)


def _parts(text: str) -> Iterator[str]:
    for raw in text.splitlines():
        line = raw.strip()
        if len(line) >= _SHORTEST_LINE and any(letter.isalnum() for letter in line):
            yield line
        found = _SET.fullmatch(line)
        if found is not None and len(found[1]) >= _SHORTEST_VALUE and any(letter.isalnum() for letter in found[1]):
            yield found[1]


def _is_key(word: str) -> bool:
    mixed = any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
    return mixed or len(word) >= _LONG_KEY
