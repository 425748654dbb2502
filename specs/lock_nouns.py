"""What a lock holds, as frozen data. Knows no JSON and no file.

A lock is what a spec said when it was last built, by which tasks, and with what evidence. Nothing in it is about the
whole of it, because two branches would both change that: `Lock.digest` is computed from the entries, and each task
carries the run it came from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from .fences import digest
from .keys import join, meaning_key

Level = Literal["V0", "V1", "V2", "V3"]
BaseResult = Literal["red", "green", "stopped", "unknown"]
"""``stopped``: the check was tried there and told nothing; ``unknown``: it was not tried."""
_Entry = TypeVar("_Entry")
_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sort key that puts R2 before R10, and R3.c2 before R3.c10."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedItem:
    """An item as it was: its keys, and its words, by which a strength that changed is told from words that did."""

    key: str
    context: str
    text: str
    more: str = ""
    """A hash of what it said beside its text, such as a table inside it."""
    counted: bool = False
    """The author gave no id; this one was counted, so it may mean another item tomorrow."""

    @property
    def requirement(self) -> str:
        """Its `requirement_key`."""
        return join(self.meaning, self.context)

    @property
    def meaning(self) -> str:
        """Its `meaning_key`."""
        return meaning_key(self.text, self.more)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAnswer:
    """A question that was answered: by a person, a role, or its default."""

    question: str
    answer: str
    by: str = ""
    requirements: tuple[str, ...] = ()
    """Whom it concerns; empty for everyone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTeam:
    """A team of the plan."""

    id: str
    purpose: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTask:
    """A task of the plan, and what became of it."""

    id: str
    team: str
    title: str
    goal: str = ""
    requirements: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    minutes: float = 1.0
    action_key: str = ""
    commit: str = ""
    """The commit that landed it; empty for one that has not landed."""
    paths: tuple[str, ...] = ()
    """What its patch changed."""
    run: str = ""
    removes: tuple[str, ...] = ()
    """Requirements that are gone and whose work it takes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedContract:
    """A test that a lead wrote: where it is, what it decides, and by which text it is known."""

    check: str
    path: str
    tests: tuple[str, ...]
    """The ids pytest gives them."""
    requirements: tuple[str, ...]
    key: str
    """The sha-256 of the file's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedEvidence:
    """A check that was run, of which words, on which tree."""

    check: str
    check_key: str
    requirements: dict[str, str]
    """`requirement_key` by id, as they were when it ran."""
    level: Level
    result: str
    base: BaseResult = "unknown"
    killed: str = ""
    """The mutant that it told from the patch."""
    kills: dict[str, str] = field(default_factory=dict)
    """The mutant that shows each requirement, by id, for a check of more than one; empty for a check of one."""
    task: str = ""
    commit: str = ""
    tree: str = ""
    touched: tuple[str, ...] = ()
    """The paths it depends on; empty for the whole tree."""
    digest: str = ""
    """Of the blobs of those paths."""
    seconds: float = 0.0
    env: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Everything a lock says. Its tuples are kept in one order without repeats, so equal locks are written alike."""

    spec_id: str
    items: dict[str, LockedItem] = field(default_factory=dict)
    tombstones: dict[str, str] = field(default_factory=dict)
    """Ids that were removed, with the `item_key` they had; they are never used again."""
    checks: dict[str, str] = field(default_factory=dict)
    """`check_key` by check id, tables included."""
    terms: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Hashes of what interfaces declare, by ``path:name``."""
    fixtures: dict[str, str] = field(default_factory=dict)
    gate: str = ""
    """Hash of the gate's commands and of the paths that may and may not be written."""
    answers: tuple[LockedAnswer, ...] = ()
    teams: tuple[LockedTeam, ...] = ()
    tasks: tuple[LockedTask, ...] = ()
    evidence: tuple[LockedEvidence, ...] = ()
    contract: tuple[LockedContract, ...] = ()

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "answers", _in_order(self.answers, lambda each: (each.question, each.answer)))
        keep(self, "teams", _in_order(self.teams, lambda each: natural(each.id)))
        keep(self, "tasks", _in_order(self.tasks, lambda each: (natural(each.id), each.run, each.commit)))
        keep(self, "contract", _in_order(self.contract, lambda each: natural(each.check)))
        keep(self, "evidence", _in_order(self.evidence, lambda each: (natural(each.check), each.level, each.at)))

    @property
    def digest(self) -> str:
        """Of all that the spec said, whatever was built of it: equal for two locks of specs that mean the same."""
        items = (part for id_, item in sorted(self.items.items()) for part in (id_, item.key, item.context))
        tables = (self.checks, self.terms, self.names, self.fixtures)
        rest = (part for table in tables for row in ("", *sorted(table.items())) for part in row)
        return digest(self.spec_id, self.gate, *items, *rest)

    @property
    def requirement_keys(self) -> dict[str, str]:
        """`requirement_key` of every item, as it was."""
        return {item_id: item.requirement for item_id, item in self.items.items()}


def _in_order(entries: tuple[_Entry, ...], key: Callable[[_Entry], tuple[Any, ...]]) -> tuple[_Entry, ...]:
    """Sorted by a key and then by everything; of equal entries one is left."""
    unlike = {repr(entry): entry for entry in entries}
    return tuple(entry for _, entry in sorted(unlike.items(), key=lambda pair: (key(pair[1]), pair[0])))
