"""Writes specs in the format, any length, the same ones each time. Knows the format as its manual says it, no parser.

A spec is a row of parts, each about one function of a made-up package: what it does, what it refuses, a stub, a table
of examples, a check. They are as clean as a careful author's, so that lint reads all of them and finds little.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from .corpora import words

_THINGS = (
    *(
        "ledger",
        "invoice",
        "parcel",
        "route",
        "ticket",
        "sensor",
        "meter",
        "branch",
        "shelf",
        "order",
        "lease",
        "panel",
    ),
    *("voucher", "carton", "pallet", "cable", "recipe", "chapter", "stanza", "ballot", "tariff", "signal", "vessel"),
    *(
        "harbour",
        "tunnel",
        "turbine",
        "pupil",
        "lecture",
        "garden",
        "orchard",
        "beehive",
        "quarry",
        "museum",
        "archive",
    ),
)
_VERBS = ("count", "merge", "split", "rank", "trim", "pair", "shift", "fold", "scale", "label", "group", "clip")
_FIELDS = ("weight", "length", "price", "depth", "width", "age", "score", "height")
_UNITS = ("kg", "mm", "cents", "m", "cm", "days", "points", "cm")
_RULES = (
    "`{f}` MUST return one number for each {t}, in the order of its {x}.",
    "`{f}` MUST leave out a {t} whose {x} is less than {n} {u}.",
    "If two entries have the same {x}, `{f}` MUST keep the one that stands first in the list.",
    "When the list holds no {t}, `{f}` MUST return an empty list.",
    "`{f}` MUST NOT change the list that it is given.",
    "`{f}` MUST add {n} to the {x} of a {t} that follows a {o}.",
    "While a {t} is open, `{f}` MUST count its {x} as 0 {u}.",
    "`{f}` SHOULD read each {t} once, so that a list of {n} entries takes {n} steps.",
)
_REFUSALS = (
    "If `limit` is less than 0, `{f}` MUST raise `ValueError`.",
    "If an entry is not a number, `{f}` MUST raise `TypeError` whose message names the position of the {t}.",
)
_CORNERS = (
    "A list with one {t}: {r} holds, and the result has one entry.",
    "Two entries that differ in nothing but their {x}: {r} decides which one stays.",
    "A {t} of exactly {n} {u} is kept ({r}).",
)
_REASONS = (
    "Clerks copy the {x} of each {t} by hand today, which takes an hour a day and goes wrong twice a week.",
    "The {t} of a day is closed at night, and the {o} of the next day begins with what is left.",
    "A {t} is counted where it stands, not where it was bought, because the {o} moves between two counts.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One function and the words to speak of it with."""

    number: int
    name: str
    thing: str
    other: str
    field: str
    unit: str
    limit: int

    def say(self, template: str, *, ref: str = "") -> str:
        """A sentence about it."""
        said = {"f": self.name, "t": self.thing, "o": self.other, "x": self.field, "u": self.unit}
        return template.format(**said, n=self.limit, r=ref)


@dataclass(slots=True, kw_only=True)
class _Page:
    """The sections while they are written; ``ids`` counts what has been numbered, by letter."""

    ids: dict[str, int]
    terms: list[str]
    stubs: list[str]
    requirements: list[str]
    checks: list[str]
    corners: list[str]

    def number(self, letter: str) -> str:
        """The next id."""
        self.ids[letter] = self.ids.get(letter, 0) + 1
        return f"{letter}{self.ids[letter]}"


def spec_of(length: int, *, seed: int = 1) -> str:
    """A spec of at least ``length`` words and at most some 200 more."""
    count = 1
    while words(text := _text(count, seed=seed)) < length:
        count += max(1, (length - words(text)) // 250)
    return text


def _text(count: int, *, seed: int) -> str:
    chance = random.Random(seed)
    page = _Page(ids={}, terms=[], stubs=[], requirements=[], checks=[], corners=[])
    parts = [_part(number, chance) for number in range(count)]
    for part in parts:
        _write(page, part, chance)
    return "\n".join(_sections(page, parts, chance=chance, seed=seed))


def _part(number: int, chance: random.Random) -> _Part:
    thing, other = chance.sample(_THINGS, 2)
    at = chance.randrange(len(_FIELDS))
    name = f"{chance.choice(_VERBS)}_{thing}_{number + 1}"
    limit = chance.randrange(2, 90)
    return _Part(number=number, name=name, thing=thing, other=other, field=_FIELDS[at], unit=_UNITS[at], limit=limit)


def _write(page: _Page, part: _Part, chance: random.Random) -> None:
    """Everything that is said of one part."""
    own: list[str] = []
    rules = [*chance.sample(_RULES, 4), *_REFUSALS[: 1 + part.number % 2]]
    for rule in rules:
        own.append(page.number("R"))
        page.requirements.append(f"- **{own[-1]}** {part.say(rule)}")
    page.requirements += ["", *_examples(part, own, chance), ""]
    page.stubs.append(f"def {part.name}(entries: list[int], limit: int) -> list[int]: ...")
    page.terms.append(f"- **{part.thing} {part.number + 1}**: {part.say(_term(chance))}")
    page.checks += _check(part, own)
    page.corners.append(f"- **{page.number('E')}** {part.say(chance.choice(_CORNERS), ref=own[0])}")


def _term(chance: random.Random) -> str:
    return chance.choice(
        ("one row of the list, whose {x} is a whole number of {u}.", "what the {o} holds when its day begins, in {u}.")
    )


def _examples(part: _Part, own: list[str], chance: random.Random) -> Iterator[str]:
    ids = ", ".join((*own[:3], own[4]))
    yield f"### Examples for {ids}: `{part.name}(entries, limit)`"
    yield ""
    yield "| entries | limit | => |"
    yield "|---|---|---|"
    yield "| `[]` | `0` | `[]` |"
    for _ in range(3):
        entries = [chance.randrange(100) for _ in range(chance.randrange(1, 5))]
        yield f"| `{entries}` | `{part.limit}` | `{[entry for entry in entries if entry >= part.limit]}` |"
    yield "| `[1]` | `-1` | raises ValueError |"


def _check(part: _Part, own: list[str]) -> list[str]:
    call = f"{part.name}({list(range(part.limit, part.limit + 3))}, 1)"
    if part.number % 3 == 0:
        body = [f"$ python -c 'from depot.core import *; print({call})'", f"{[part.limit]}"]
        return [f"```console {' '.join(own[3:])}", *body, "```", ""]
    flags = " holdout" if part.number % 3 == 1 else ""
    body = [f"from depot.core import {part.name}", f"found = {call}", f"assert found == sorted(found), {part.limit}"]
    return [f"```python {' '.join(own[3:])}{flags}", *body, "```", ""]


def _sections(page: _Page, parts: list[_Part], *, chance: random.Random, seed: int) -> Iterator[str]:
    yield f"---\nspec: 1\nid: depot-{seed}\nbudget: {{usd: 4.00, minutes: 40, workers: 5}}\nautonomy: ask-blocking"
    yield 'owns: ["src/depot/**", "tests/**"]\nforbid: [".github/**"]\ngate: ["ruff check ."]\n---\n'
    yield f"# depot-{seed}: keep the books of a depot\n"
    yield from (f"{part.say(chance.choice(_REASONS))}\n" for part in parts[: max(2, len(parts) // 3)])
    yield from ("## Terms\n", *page.terms, "")
    yield from ("## Interface\n", "```python interface src/depot/core.py", *page.stubs, "```\n")
    yield from ("## Requirements\n", *page.requirements)
    yield from ("## Checks\n", *page.checks)
    yield from ("## Corner cases\n", *page.corners, "")
    yield from ("## Non-goals\n", "- **N1** No other currency than the euro.", "- **N2** No screen; no server.\n")
    yield "## Open questions\n"
    yield f"- **Q1** Shall a {parts[0].thing} without a {parts[0].field} be told of? default: no\n"
    yield from ("## Notes\n", *(f"{part.say(chance.choice(_REASONS))}\n" for part in parts[: len(parts) // 4]))


def untidy(length: int, *, seed: int) -> str:
    """The same kind of spec as people type them: bullets without ids, other bullets, headings nearly right."""
    chance = random.Random(seed)
    lines = spec_of(length, seed=seed).split("\n")
    return "\n".join(_slip(line, chance) if chance.random() < _SLIPS else line for line in lines)


_SLIPS = 0.3
_HEADINGS = {"## Non-goals": "## Non goals:", "## Corner cases": "## Edge Cases", "## Requirements": "## Requirement"}


def _slip(line: str, chance: random.Random) -> str:
    """One line as somebody in a hurry would have it."""
    if line in _HEADINGS:
        return _HEADINGS[line]
    if line.startswith("- **E"):
        return "* " + line.split("** ", 1)[1]
    if line.startswith("- **"):
        return chance.choice(("*   ", "+ ", "-  ")) + line[2:]
    if line.startswith("| `"):
        return line.replace("| ", "|").replace(" |", "|")
    return line.replace("```python R", "```Python  R")
