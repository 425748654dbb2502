"""What is wrong with a guide, as far as code can tell: its form, length and links, and whether it says anything. Pure.

Errors keep a guide from being read; warnings say that it will probably help nobody.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .load import ROLES, Guide, parse_guide, split_front_matter, split_sources

LONGEST = 700
"""Tokens; what a task gets in all (`guides.choose.TASK_BUDGET`), so a longer one would never be chosen."""
SHORTEST = 60
_LONGEST_NAME = 64
_LONGEST_DESCRIPTION = 1_024
_SHORTEST_DESCRIPTION = 30
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(.*(?:\n[ \t]+(?![-*+ \t]|\d+[.)]).*)*)", re.MULTILINE)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
_CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
_CONCRETE = re.compile(
    r"`[^`]+`|\d|[:;(]|\b(?:not|never|before|after|unless|instead|without|only|until)\b", re.IGNORECASE
)
_OTHER_WORDS = """
    a an the it its this that these those there here he she they we you i is are was were be been has have had may
    might should could would must shall will can our your their my his her in on at of for with from by as to into
    over under good bad best better clean simple code tests quality everything nothing something some many most all no
"""
_NO_VERB = frozenset(_OTHER_WORDS.split())
"""What no order begins with."""
_PLATITUDES = re.compile(
    r"\b(?:best practices|clean code|be careful|high[- ]quality|well[- ]written|good (?:code|names|design)"
    r"|keep it simple|use common sense|readable (?:and|,) maintainable|industry standards?|(?:as|where) appropriate"
    r"|robust and scalable|state[- ]of[- ]the[- ]art|pay attention|make sure (?:that )?everything)\b",
    re.IGNORECASE,
)
_SHORT_RULE = 8
"""Words; a rule with fewer of them and nothing concrete in it is a platitude."""
_IMPERATIVE = 0.4
"""The part of a guide's items that has to say what to do; the rest may name or explain."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Flaw:
    """Something wrong with a guide; ``line`` counts from 1."""

    line: int
    rule: str
    severity: Severity
    message: str


def flaws(text: str, *, path: str, exists: Callable[[str], bool]) -> tuple[Flaw, ...]:
    """What is wrong with the guide in this file, in the order of its lines.

    ``exists`` says whether there is a file or folder at a path relative to the guide's own folder.
    """
    text = text.replace("\r\n", "\n")
    try:
        head, body = split_front_matter(text)
        guide = parse_guide(text)
    except ValueError as error:
        return (Flaw(line=1, rule="front-matter", severity="error", message=f"{error}."),)
    first = text[: len(text) - len(body)].count("\n") + 1
    found = [*_head(guide, head, path), *_body(guide, body, first), *_links(body, first, exists)]
    return tuple(sorted(found))


def _head(guide: Guide, head: dict[str, Any] | Any, path: str) -> Iterator[Flaw]:
    wanted = posixpath.basename(path).removesuffix(".md")
    if wanted == "SKILL":
        wanted = posixpath.basename(posixpath.dirname(path))
    if not _NAME.fullmatch(guide.name) or len(guide.name) > _LONGEST_NAME:
        yield _flaw("name", f"`{guide.name}` is no name: use up to {_LONGEST_NAME} of a-z, 0-9 and single hyphens.")
    elif wanted and guide.name != wanted:
        yield _flaw("name", f"the guide is named `{guide.name}` and its file `{wanted}`: give both the same name.")
    if len(guide.description) > _LONGEST_DESCRIPTION:
        yield _flaw("description", f"the description is longer than {_LONGEST_DESCRIPTION} characters: say less.")
    elif len(guide.description) < _SHORTEST_DESCRIPTION:
        text = "the description is too short to choose the guide by: say what it is about and when to use it."
        yield _flaw("description", text, "warning")
    for role in sorted(set(guide.roles) - set(ROLES)):
        yield _flaw("roles", f"there is no role `{role}`: known are {', '.join(ROLES)}.")
    if isinstance(head.get("keywords"), list) and not guide.keywords:
        yield _flaw("keywords", "`keywords` is empty: leave it out if every task is to have the guide.", "warning")


def _body(guide: Guide, body: str, first: int) -> Iterator[Flaw]:
    if guide.tokens > LONGEST:
        yield _flaw("length", f"it takes {guide.tokens} tokens and may take {LONGEST}: cut it, or make two of it.")
    elif guide.tokens < SHORTEST:
        yield _flaw("length", f"it has {guide.tokens} tokens: is there nothing more to say?", "warning")
    if not guide.sources and "(" not in guide.text:
        yield _flaw("sources", "no sources: name standards, papers or books under `## Sources`.", "warning")
    advice = split_sources(_without_code(body))[0]
    offset = first + body[: len(body) - len(body.lstrip())].count("\n")
    items = [
        (offset + advice[: each.start()].count("\n"), " ".join(each[1].split())) for each in _ITEM.finditer(advice)
    ]
    if sum(_is_imperative(item) for _, item in items) < max(1, _IMPERATIVE * len(items)):
        yield _flaw("rules", "it says hardly what to do: begin list items with what to do or not to do.", "warning")
    seen: set[str] = set()
    for line, item in items:
        essence = item.casefold().rstrip(".")
        if essence in seen:
            yield Flaw(line=line, rule="repeated", severity="warning", message="this rule stands here twice.")
        elif _is_platitude(item):
            text = f'"{item[:60]}" says nothing that can be checked: name the case, the limit or the way.'
            yield Flaw(line=line, rule="platitude", severity="warning", message=text)
        seen.add(essence)


def _links(body: str, first: int, exists: Callable[[str], bool]) -> Iterator[Flaw]:
    bare = _without_code(body)
    for each in _LINK.finditer(bare):
        target = each[1].partition("#")[0]
        line = first + bare[: each.start()].count("\n")
        if target and not re.match(r"[a-z][a-z0-9+.-]*:", target) and not exists(target):
            yield Flaw(line=line, rule="link", severity="error", message=f"the link to {target} leads nowhere.")


def _is_imperative(item: str) -> bool:
    """Whether it begins like an order: with a word that is no article, pronoun or preposition. A guess."""
    label, colon, rest = item.partition(": ")
    words = re.findall(r"[A-Za-z']+", rest if colon and len(label.split()) <= 3 else item)  # noqa: PLR2004 - a label
    return bool(words) and words[0].lower() not in _NO_VERB


def _is_platitude(item: str) -> bool:
    if _PLATITUDES.search(item) and not re.search(r"`[^`]+`", item):
        return True
    return len(item.split()) < _SHORT_RULE and not _CONCRETE.search(item)


def _without_code(text: str) -> str:
    """The text with the lines of code blocks empty, so that lines keep their numbers."""
    return _CODE.sub(lambda found: "\n" * found[0].count("\n"), text)


def _flaw(rule: str, message: str, severity: Severity = "error") -> Flaw:
    return Flaw(line=1, rule=rule, severity=severity, message=message)
