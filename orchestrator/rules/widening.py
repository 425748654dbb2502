"""What a question may offer its asker to own beside what the plan gave it, and when an answer gives it. Pure.

Only a person's word widens, and only for exact files. What decides how tests run or what is installed, locked tests,
and what the spec forbids or does not own, no answer gives. A file that another unfinished task may write is not
offered, unless that task builds on the asker's: then they write one after the other.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..nouns.plan import SpecView
from ..nouns.questions import Asked, Question
from ..nouns.runs import TaskStatus
from ..ports import TreeEntry
from . import globs
from .assumptions import RECORDING
from .guarded import guarded
from .permission import Said
from .plan_check import outside
from .tree_policy import REGULAR, in_the_way, name_problem, shown

OFFER = "offer:"
"""Prefix of the choices that say why a question, by attempt and turn, could not offer its files; empty if it could."""
_WILD = re.compile(r"[*?\[\]]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What paths are held against."""

    spec: SpecView
    base: Mapping[str, TreeEntry]
    """The tree that the asker began from."""
    protected: Collection[str]
    """Locked tests, the spec, and its lock."""
    read: Collection[str]
    """The paths that the commands of the gate name."""


def paths_of(question: Question) -> tuple[str, ...]:
    """Every file that some option of a question names."""
    return tuple(dict.fromkeys(path for option in question.options for path in option.paths))


def widens(asked: Asked, task: str) -> tuple[str, ...]:
    """The files that an answer gives a task; none where no person chose an option that names some, or another asked.

    In a replay the recording answers; what a lead or a rule answers is never such an option.
    """
    by = asked.answered_by or ""
    if asked.answer is None or asked.question.task != task or not (by.startswith("person") or by == RECORDING):
        return ()
    said = " ".join(asked.answer.split())
    same = [option.paths for option in asked.question.options if " ".join(option.text.split()) == said]
    return same[0] if len(same) == 1 else ()


def refusals(question: Question, ground: Ground) -> Iterator[str]:
    """Why files of a question cannot be offered, whoever else may write them; a sentence each."""
    for path in paths_of(question):
        reason = _no_file(path, ground.base) or _held(path, ground)
        if reason:
            yield f"{shown(path)} {reason}"


def owner(path: str, statuses: Collection[TaskStatus], *, claimed: Mapping[str, Collection[str]]) -> TaskStatus | None:
    """The first of these tasks that is not over and may write a file; ``claimed`` is what each has or asks for more."""
    for status in statuses:
        task = status.task
        mine = (*task.owns, *claimed.get(task.id, ()))
        if not status.over and any(globs.may_overlap(glob, path) for glob in mine):
            return status
    return None


def _no_file(path: str, base: Mapping[str, TreeEntry]) -> str:
    """Why this is not the path of one regular file, there or to be made."""
    wrong = globs.problem(path) or name_problem(path)
    if wrong:
        return wrong
    if _WILD.search(path) or path.endswith("/"):
        return "is not one exact file"
    if path in base:
        return "" if base[path].mode in REGULAR else "is not a regular file"
    above = next((other for other in base if in_the_way(path, other)), None)
    if above is None:
        return ""
    return "is a folder: name each file" if above.startswith(path) else f"is beneath {shown(above)}, which is a file"


def _held(path: str, ground: Ground) -> str:
    """Why no answer gives this file, on whatever tree a later attempt begins."""
    if any(globs.may_overlap(glob, path) or in_the_way(path, glob) for glob in ground.protected):
        return "holds locked tests or the spec, which nobody changes"
    if any(globs.may_overlap(glob, path) for glob in ground.spec.forbid):
        return "is forbidden by the spec"
    if wrong := outside(path, ground.spec):
        return wrong
    spellings = (path, path.casefold())
    for base in (ground.base.keys(), {*ground.base, *spellings}):
        if guarded(spellings, base=base, owns=(), said=Said(), read=ground.read):
            return "decides what is tested or installed: no answer gives it to a task"
    return ""
