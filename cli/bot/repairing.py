"""The repository's own CI on our pull requests: what turned red becomes a task of the same run, then a question.

One repair at a time, from the bottom of the stack: what stands on a red pull request is red for the same reason.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from ...orchestrator.nouns.forge import Check
from ...orchestrator.rules.redact import secrets_of
from ...orchestrator.rules.repairs import (
    AGAIN,
    CLOSE,
    IGNORE,
    OPTIONS,
    Step,
    red,
    repair_begins,
    repair_sentence,
    step,
)
from .at import At, Brought, digest
from .bringing import commits_of
from .own_questions import Own, ask_own, own_questions

REPAIRS = "repairs:"
"""Prefix of the deeds that hold the requirements which repair a check; goes on with the pull request's number."""
AUTHOR = "policy:repairs"
"""Who adds the sentence: a rule, not a person."""


async def repair_checks(at: At, brought: Sequence[Brought]) -> None:
    """See to the first red check, once nothing else of the run is at work."""
    for each in brought:
        if each.pull.state == "open" and each.ours:
            for check in await _red(at, each):
                if await _see_to(at, brought, each, check):
                    return


async def _red(at: At, each: Brought) -> tuple[Check, ...]:
    head, key = await at.checks(each.pull.head_sha), at.key(f"green:{each.pull.head_sha}")
    kept = at.book.deed(key)
    before = {str(name) for name in kept} if isinstance(kept, list) else set[str]()
    green = before | {check.name for check in head if check.state == "success"}
    if green != before:
        at.book.keep(key, sorted(green), at=at.now)
    return red(head, await at.checks(each.pull.base_sha), green_before=green)


async def _see_to(at: At, brought: Sequence[Brought], each: Brought, check: Check) -> bool:
    """Whether something is done about it, or at work: what stands above waits then."""
    number, name = each.pull.number, check.name
    tries, asked = _tries(at, number, name), _asked(at, number, name)
    answers = [own.answer for own in asked]
    if IGNORE in answers:
        at.aside[number] = f"{name} is red and left as it is, as {asked[answers.index(IGNORE)].by} said"
        return False
    if CLOSE in answers:
        await at.forge.close(number)
        return True
    if None in answers:
        at.words[number] = f"{name} is red: {asked[answers.index(None)].id} asks what to do"
        return True
    if tries and (repair := await _latest(at, brought, each, tries[-1])) is not None:
        at.words[number] = f"{name} is red: {repair.words}"
        return repair.at_work
    if at.run.store.run().state != "done":
        at.words[number] = f"{name} is red, and is seen to when the run is done"
        return True
    return await _begin(at, each, check, tries=tries, asked=asked)


async def _begin(at: At, each: Brought, check: Check, *, tries: list[str], asked: list[Own]) -> bool:
    log, number = await at.forge.check_log(check), each.pull.number
    again = sum(own.answer == AGAIN for own in asked)
    allowed = at.policy.repairs + again
    wanted = bool(asked) and asked[-1].about == _about(number, check.name, tries=len(tries), again=again - 1)
    # A person's word for one more try holds for that try, whatever the check printed.
    if not wanted and _step(at, number, check, log, allowed=allowed) == "ask":
        own = _ask(at, number, check, log, tries=len(tries), again=again)
        at.words[number] = f"{check.name} is red: {own.id} asks what to do"
        return True
    sentence = repair_sentence(check, log, pull=number, number=len(tries) + 1, secrets=secrets_of(os.environ))
    requirement = _added(at, number, check.name, len(tries) + 1)
    if requirement is None:
        requirement = await at.others.amend(at.run, sentence, author=AUTHOR)
    at.book.keep(_tries_key(at, number, check.name), [*tries, requirement], at=at.now)
    at.words[number] = f"{check.name} is red: repaired as {requirement}"
    return True


def _step(at: At, pull: int, check: Check, log: str, *, allowed: int) -> Step:
    mine = _tries_key(at, pull, check.name)
    others = sum(key != mine for key in at.book.deeds(at.key(f"{REPAIRS}{pull}:")))
    return step(check, log, tries=len(_tries(at, pull, check.name)), allowed=allowed, others=others)


def _added(at: At, pull: int, name: str, number: int) -> str | None:
    """The requirement of that repair, where it was added before whoever added it could write that down."""
    begin = repair_begins(name, pull, number=number)
    added = at.run.store.hands().amendments
    return next((each.requirement for each in added if each.text.startswith(begin)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repair:
    words: str
    at_work: bool = True


async def _latest(at: At, brought: Sequence[Brought], each: Brought, requirement: str) -> _Repair | None:
    """Where the latest repair of a pull request is; None where it is in its head already, or came to nothing."""
    status = next((s for s in reversed(at.run.store.tasks()) if requirement in s.task.requirements), None)
    if status is None or not status.over:
        return _Repair(words=f"repaired as {requirement}")
    if status.state != "landed":
        return None
    for index, other in enumerate(brought):
        for _, _, trailers in await commits_of(at, brought, other):
            if status.task.id in trailers.get("Task", ()):
                above = index > brought.index(each)
                return _Repair(words=f"repaired in #{other.pull.number}", at_work=False) if above else None
    return _Repair(words=f"repaired as {requirement}, which is not pushed yet")


def _ask(at: At, pull: int, check: Check, log: str, *, tries: int, again: int) -> Own:
    if check.annotations or log.strip():
        times = "once" if tries == 1 else f"{tries} times"
        why = f"It was repaired {times} and is red again." if tries else "It is not repaired without your word."
    else:
        why = "It does not say why: the machine that ran it may be at fault, so nothing was repaired."
    text = f"The check {check.name} of pull request #{pull} is red. {why} What is to be done?"
    question = Own(
        id="", about=_about(pull, check.name, tries=tries, again=again), pull=pull, text=text, options=OPTIONS
    )
    return ask_own(at.book, at.thread, question, at=at.now)


def _asked(at: At, pull: int, name: str) -> list[Own]:
    return [own for own in own_questions(at.book, at.thread) if own.about.startswith(_begins(pull, name))]


def _about(pull: int, name: str, *, tries: int, again: int) -> str:
    """Asked anew after each further try."""
    return f"{_begins(pull, name)}{tries}:{again}"


def _begins(pull: int, name: str) -> str:
    return f"red:{pull}:{digest(name)}:"


def _tries(at: At, pull: int, name: str) -> list[str]:
    kept = at.book.deed(_tries_key(at, pull, name))
    return [str(each) for each in kept] if isinstance(kept, list) else []


def _tries_key(at: At, pull: int, name: str) -> str:
    return at.key(f"{REPAIRS}{pull}:{digest(name)}")
