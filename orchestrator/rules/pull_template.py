"""A repository's template for the text of a pull request, filled in: what fits goes below its headings. Pure.

The template's own words stay, all of them, and so does every box: ticking one is a person's word.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

PLACES = (
    ".github/pull_request_template.md",
    "pull_request_template.md",
    "docs/pull_request_template.md",
    ".github/pull_request_template.txt",
)
"""Where it is looked for, in this order; case does not matter."""
FOLDERS = (".github/pull_request_template/", "pull_request_template/", "docs/pull_request_template/")
"""Where there may be several, of which the first by name is taken, if there is none above."""

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*$")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a text, and the words of a heading under which it fits."""

    title: str
    text: str
    fits: tuple[str, ...] = ()
    """In lower case; a heading that holds one of them as a word takes the part."""


def template_path(paths: Collection[str]) -> str | None:
    """Which of a tree's files is the template."""
    lowered = {path.lower(): path for path in sorted(paths, reverse=True)}
    for place in PLACES:
        if place in lowered:
            return lowered[place]
    several = (sorted(p for p in lowered if p.startswith(folder) and p.endswith(".md")) for folder in FOLDERS)
    return next((lowered[found[0]] for found in several if found), None)


def plain(sections: Sequence[Section]) -> str:
    """The text where there is no template; a part without a title begins it."""
    return "\n\n".join(f"## {each.title}\n\n{each.text}" if each.title else each.text for each in sections)


def filled(template: str, sections: Sequence[Section]) -> str:
    """The template with each part below the first heading that fits it; the others follow at its end."""
    lines = template.replace("\r\n", "\n").strip("\n").split("\n")
    headings = _headings(lines)
    below: dict[int, list[Section]] = {}
    rest: list[Section] = []
    for each in sections:
        place = next((line for line, words in headings if _fit(each, words)), None)
        below.setdefault(place, []).append(each) if place is not None else rest.append(each)
    written: list[str] = []
    for number, line in enumerate(lines):
        written.append(line)
        for section in below.get(number, ()):
            written += ["", section.text]
            if number + 1 < len(lines) and lines[number + 1].strip():
                written.append("")
    return "\n".join(written).rstrip() + ("\n\n" + plain(rest) if rest else "")


def _headings(lines: Sequence[str]) -> list[tuple[int, frozenset[str]]]:
    """Lines after which text can be put, with the words of their heading; none inside code or a comment."""
    found: list[tuple[int, frozenset[str]]] = []
    hidden = _hidden(lines)
    for number, line in enumerate(lines):
        if number in hidden:
            continue
        if match := _HEADING.match(line):
            found.append((number, _words(match[2])))
        elif line.strip() and number + 1 < len(lines) and _UNDERLINE.match(lines[number + 1]):
            found.append((number + 1, _words(line)))
    return found


def _hidden(lines: Sequence[str]) -> set[int]:
    text = "\n".join(lines)
    hidden: set[int] = set()
    for comment in _COMMENT.finditer(text):
        hidden.update(range(text.count("\n", 0, comment.start()), text.count("\n", 0, comment.end()) + 1))
    fence = ""
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if fence or match:
            hidden.add(number)
        if match and not fence:
            fence = match[1]
        elif match and match[1].startswith(fence):
            fence = ""
    return hidden


def _words(heading: str) -> frozenset[str]:
    words = re.findall(r"[a-z]+", heading.lower())
    return frozenset((*words, *(f"{a} {b}" for a, b in pairwise(words))))


def _fit(section: Section, words: frozenset[str]) -> bool:
    return any(each in words for each in section.fits)
