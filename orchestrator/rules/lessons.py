"""Which lessons a run holds: tasks that a worker got wrong and a stronger tier or a person put right. Pure.

A lesson is proposed from what is in the log and in git, and no model is asked: what failed, in the gate's words, and
what the fix changed. Whether it is worth keeping is for a person to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..nouns.events import Event, Judged, Patched
from ..nouns.hand_facts import Steered, Submitted
from ..nouns.keys import AttemptKey
from ..nouns.plan import Task
from ..nouns.questions import Asked
from ..nouns.runs import AttemptStatus, Landing
from .asking import AGAIN, DROP, GIVE_UP, TAKEN_OVER, is_of_clash

STUCK = "stuck:"
"""How the key of a question about a task that nobody could do begins; its task follows."""
_STRENGTH = {"flash": 0, "pro": 1, "ultra": 2}
_PERSON = 3
"""Whoever is no tier is a person."""
_REASON = 420
_SAID = 300
_LINES = 20
_WIDTH = 140
_HUNK = re.compile(r"^@@ ", re.MULTILINE)
_FILE = re.compile(r"^diff --git ", re.MULTILINE)
_NEW_PATH = re.compile(r"^\+\+\+ (?:b/)?(.+?)\t?$", re.MULTILINE)
_OLD_PATH = re.compile(r"^--- (?:a/)?(.+?)\t?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person did for a task, while a worker was at it or when nobody could go on."""

    task: str
    at: int
    """The sequence number of the event."""
    by: str
    text: str
    """What they said; empty where they wrote the patch themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A task that was done wrong first, and by whom it was put right."""

    id: str
    """``RUN-TASK`` in lower case, as the section of the file is called."""
    run: str
    task: Task
    failed: AttemptKey
    rung: str
    """Of the attempt that failed."""
    reason: str
    by: str
    """The rung that put it right, or ``person:NAME``."""
    fixed: AttemptKey
    said: str = ""
    trees: tuple[str, str] | None = None
    """Before the fix and after it; None where the failed attempt wrote nothing that was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """What a fix did to one file: its lines with ``-`` and ``+``, in their order."""

    path: str
    lines: tuple[str, ...]


def proposals(
    *,
    run: str,
    tasks: Iterable[Task],
    attempts: Sequence[AttemptStatus],
    landings: Sequence[Landing],
    events: Sequence[Event],
    words: Sequence[Word] = (),
) -> tuple[Proposal, ...]:
    """One for each task that has landed after a weaker attempt failed, or after a person spoke to it; by task."""
    landed = {landing.key.task: landing.key for landing in landings}
    red = _red(events)
    words = (*words, *_by_hand(events))
    found: list[Proposal] = []
    for task in tasks:
        tried = {each.key: each for each in attempts if each.key.task == task.id}
        fixed = tried.get(landed[task.id]) if task.id in landed else None
        if fixed is not None and (made := _of_task(run, task, fixed, list(tried.values()), red, words)) is not None:
            found.append(made)
    return tuple(found)


def words_of(questions: Iterable[Asked]) -> Iterator[Word]:
    """What people answered, in their own words, where nobody could do a task."""
    for asked in questions:
        key, answer = asked.question.key, (asked.answer or "").strip()
        plain = answer.lower()
        if not key.startswith(STUCK) or is_of_clash(asked.question):
            continue
        if answer and not plain.startswith((AGAIN, DROP, GIVE_UP, TAKEN_OVER)):
            by = asked.answered_by or "person:someone"
            if by.startswith("person:"):
                yield Word(task=key.split(":")[1], at=0, by=by, text=answer)


def changes_of(diff: str) -> tuple[FileChange, ...]:
    """The files of a unified diff with their changed lines; those with fewest lines first, binary ones left out."""
    found = [change for part in _FILE.split(diff)[1:] if (change := _change(part)).lines]
    return tuple(sorted(found, key=lambda each: (len(each.lines), each.path)))


def title_of(proposal: Proposal) -> str:
    """What the lesson is called: the task's title, on one line."""
    return " ".join(proposal.task.title.split())[:100] or proposal.task.id


def text_of(proposal: Proposal, changes: Sequence[FileChange]) -> str:
    """The lesson as a worker would read it: what failed, what was said, what the fix changed; about 300 tokens."""
    who = "a person" if proposal.by.startswith("person:") else proposal.by
    parts = [f"{proposal.rung.partition('*')[0]} got this wrong in run {proposal.run}, and {who} put it right."]
    if proposal.reason:
        parts.append(f"It failed with:\n\n{_block(_cut(proposal.reason, _REASON))}")
    if proposal.said:
        parts.append(f"What a person said: {_cut(' '.join(proposal.said.split()), _SAID)}")
    if changes:
        parts.append(f"What the fix changed:\n\n{_block(_shown(changes), 'diff')}")
    return "\n\n".join(parts) + "\n"


def places_of(changes: Sequence[FileChange], proposal: Proposal) -> tuple[str, ...]:
    """The paths that the lesson is about: what the fix changed, else what the task owns."""
    return tuple(sorted(each.path for each in changes)) or proposal.task.owns


def _of_task(
    run: str,
    task: Task,
    fixed: AttemptStatus,
    tried: Sequence[AttemptStatus],
    red: Mapping[AttemptKey, Sequence[tuple[int, str, str]]],
    words: Sequence[Word],
) -> Proposal | None:
    own = [word for word in words if word.task == task.id]
    said = own[-1] if own else None
    over = ("failed", "lost") if said is not None and not said.text else ("failed",)
    before = [each for each in tried if each.state in over and not each.clash and each.key.attempt < fixed.key.attempt]
    weaker = [each for each in before if _strength(each.rung) < _strength(fixed.rung)]
    failed = max(weaker or (before if said else []), key=lambda each: each.key, default=fixed if said else None)
    if failed is None:
        return None
    judged = [each for each in red.get(failed.key, ()) if failed is not fixed or said is None or each[0] < said.at]
    if failed is fixed and not judged:
        return None
    old = judged[-1][1] if judged else failed.tree
    reason = judged[-1][2] if judged else failed.reason
    by_tier = bool(weaker) and _strength(fixed.rung) < _PERSON
    by = fixed.rung.partition("*")[0] if by_tier else said.by if said is not None else "person:someone"
    return Proposal(
        id=f"{run}-{task.id}".lower(),
        run=run,
        task=task,
        failed=failed.key,
        rung=failed.rung,
        reason=reason.strip(),
        by=by,
        fixed=fixed.key,
        said=next((word.text for word in reversed(own) if word.text), ""),
        trees=(old, fixed.tree) if old and fixed.tree and old != fixed.tree else None,
    )


def _red(events: Iterable[Event]) -> dict[AttemptKey, list[tuple[int, str, str]]]:
    """For each attempt the red verdicts: when, on which tree, and the first reason."""
    found: dict[AttemptKey, list[tuple[int, str, str]]] = {}
    for event in events:
        fact = event.fact
        if isinstance(fact, Judged) and fact.key is not None and not fact.verdict.passed:
            reason = fact.verdict.reasons[0] if fact.verdict.reasons else ""
            found.setdefault(fact.key, []).append((event.seq, fact.verdict.tree, reason))
    return found


def _by_hand(events: Iterable[Event]) -> Iterator[Word]:
    """What people said to workers, and the patches they wrote, as the authors of their events say."""
    for event in events:
        fact, by = event.fact, event.author
        if isinstance(fact, Steered):
            yield Word(task=fact.task, at=event.seq, by=by, text=fact.text)
        elif isinstance(fact, Submitted):
            yield Word(task=fact.task, at=event.seq, by=by, text="")
        elif isinstance(fact, Patched) and by.startswith("person:"):
            yield Word(task=fact.key.task, at=event.seq, by=by, text="")


def _strength(rung: str) -> int:
    return _STRENGTH.get(rung.partition("*")[0], _PERSON)


def _change(part: str) -> FileChange:
    head, *hunks = _HUNK.split(part)
    names = [found[1] for found in (_NEW_PATH.search(head), _OLD_PATH.search(head)) if found is not None]
    path = next((name for name in names if name != "/dev/null"), "")
    lines = [line for hunk in hunks for line in hunk.split("\n")[1:] if line[:1] in {"-", "+"} and line[1:].strip()]
    return FileChange(path=path.strip('"'), lines=tuple(lines))


def _shown(changes: Sequence[FileChange]) -> str:
    """The changed lines of the smallest files, as many as there is room for; what is left out is counted."""
    room, shown = _LINES, []
    for change in changes:
        if room <= 0:
            break
        lines = [line[:_WIDTH] for line in change.lines[:room]]
        shown += [f"{change.path}:", *lines]
        room -= len(lines)
    left = sum(len(change.lines) for change in changes) - sum(line[:1] in {"-", "+"} for line in shown)
    return "\n".join([*shown, *([f"[... {left} more lines]"] if left > 0 else [])])


def _block(text: str, label: str = "") -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    bar = "`" * (longest + 1)
    return f"{bar}{label}\n{text}\n{bar}"


def _cut(text: str, limit: int) -> str:
    text = text.strip()
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip() + " ..."
