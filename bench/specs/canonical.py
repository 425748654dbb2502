"""Exercism's canonical data: the cases of an exercise as calls of Python functions and what must come of them.

The data is JSON for forty languages. A case is taken where it says what a call with these arguments gives or that it is
refused; names become those of Python. What says something else (a step of a story, an expression in words, a file that
is not there) is left out with its reason: no check is made up for it.
"""

import json
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DEPRECATED = ".deprecated"
_STORIES = frozenset({"operations", "commands"})
"""Inputs that carry what they expect within themselves."""
_ELSEWHERE = re.compile(r"\bcipher\.key\b")
"""An expression of another language in place of a value."""
_PROPERTIES = {
    "dnd-character": frozenset({"ability", "character", "strength"}),
    "baffling-birthdays": frozenset({"randomBirthdates", "estimatedProbabilityOfSharedBirthday"}),
    "complex-numbers": frozenset({"exp"}),
    "simple-cipher": frozenset({"key"}),
    "gigasecond": frozenset({"isEqual"}),
}
"""What is random, is said of a value and not which value, or is a formula as text."""
_NO_FILES = frozenset({"grep"})
_LAMBDA = re.compile(r"(?:fn)?\((?P<names>\w+(?:, \w+)*)\) -> (?P<body>.+)")
_RESERVED = frozenset({"request", "expected", "error", "pytest", "spec_line"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A piece of Python that stands for a value no literal has: a function."""

    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call. ``arguments`` are JSON values, or Code; ``raises`` is what the error must be about."""

    description: str
    function: str
    arguments: Mapping[str, Any]
    expected: Any
    raises: str | None = None

    @property
    def literal(self) -> bool:
        """Whether an examples table can say it: there are arguments and all of them are literals."""
        return bool(self.arguments) and not any(isinstance(value, Code) for value in self.arguments.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """An exercise with the cases that can be taken, and why the others are not."""

    slug: str
    cases: tuple[Case, ...]
    left_out: Mapping[str, int]

    @property
    def module(self) -> str:
        """The module that a solution is in."""
        return named(self.slug)


def exercises(root: Path) -> Iterator[Exercise]:
    """Those of a checkout of problem-specifications that have canonical data and are not deprecated, by name."""
    for file in sorted(root.glob("exercises/*/canonical-data.json")):
        if not (file.parent / _DEPRECATED).exists():
            yield exercise(json.loads(file.read_text(encoding="utf-8")))


def exercise(data: Mapping[str, Any]) -> Exercise:
    """One exercise from the content of its canonical-data.json."""
    slug = str(data["exercise"])
    found: list[Case] = []
    left_out: dict[str, int] = {}
    written = list(_flat(data["cases"]))
    superseded = {case["reimplements"] for case in written if "reimplements" in case}
    for case in written:
        why = "another case took its place" if case.get("uuid") in superseded else _why_not(slug, case)
        if why:
            left_out[why] = left_out.get(why, 0) + 1
        else:
            found.append(_case(case))
    return Exercise(slug=slug, cases=tuple(found), left_out=left_out)


def _flat(cases: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for case in cases:
        if "cases" in case:
            yield from _flat(case["cases"])
        else:
            yield case


def _why_not(slug: str, case: Mapping[str, Any]) -> str:
    """Why a case is not taken; empty if it is."""
    given, expected = case["input"], case["expected"]
    if slug in _NO_FILES:
        return "reads files that are described in a comment"
    if expected == {} and _STORIES & set(given):
        return "expects things in the middle of a story"
    if case["property"] in _PROPERTIES.get(slug, ()):
        return "says of what kind the result is, or by which formula, not which one it is"
    if any(isinstance(value, str) and _ELSEWHERE.search(value) for value in (*given.values(), expected)):
        return "says a value by an expression of another language"
    return ""


def _case(case: Mapping[str, Any]) -> Case:
    expected = case["expected"]
    refused = isinstance(expected, Mapping) and set(expected) == {"error"}
    return Case(
        description=" ".join(str(case["description"]).split()),
        function=named(case["property"]),
        arguments={named(key): _value(value) for key, value in case["input"].items()},
        expected=None if refused else expected,
        raises=str(expected["error"]) if refused else None,
    )


def _value(value: Any) -> Any:
    """A JSON value, or the function that a string such as ``(x) -> x + 1`` describes."""
    found = _LAMBDA.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return value
    body = found["body"].replace("modulo", "%").replace("true", "True").replace("false", "False")
    body = re.sub(r"starts_with\((\w+), ('\w+')\)", r"\1.startswith(\2)", body)
    body = re.sub(r"contains\((\w+), (\w+)\)", r"\2 in \1", body)
    return Code(source=f"lambda {found['names']}: {body}")


def named(text: str) -> str:
    """A name in Python's spelling: ``isPaired`` is is_paired, ``from`` is from_; ``list`` is a name like any other."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).replace("-", "_").lower()
    return f"{snake}_" if keyword.iskeyword(snake) or snake in _RESERVED else snake
