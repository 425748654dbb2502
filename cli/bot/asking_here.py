"""The questions of a run as comments in its thread: each once, edited when it is answered. Only what may interrupt.

What the run keeps for its digest is kept back here too, until its notices name it. Whoever asked for the run is called
by name in the first of the questions that are open at once, and nobody else is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...orchestrator.nouns.notices import HumanNeeded
from ...orchestrator.nouns.questions import Asked
from ...orchestrator.rules.guarded import elsewhere
from ...orchestrator.rules.widening import paths_of
from ...tui.inbox import Ranked, standing
from ...tui.snapshot import FINISHED, counted
from ..answers import describe
from ..assuming import answerer
from ..notices.notice import Choice, Item, item_of
from ..planning import latest
from ..words import plan_lines
from .at import At, digest
from .own_questions import Own, own_questions
from .question_text import OWN, Settled, open_question, settled_question
from .standing import given_by_plan

STANDS = 2.0
"""Seconds that a question has stood before it is told: what a rule answers at once is nobody's business."""
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_DEED = "question:"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What was decided when a question was told first, so that its comment stays the same."""

    mention: str
    waits: str


async def tell_questions(at: At) -> tuple[str, ...]:
    """Bring the comments to what is asked and answered; returns the keys of the questions that stand there."""
    over, told = at.run.store.run().state in FINISHED, []
    ranked = {each.asked.id: each for each in _standing(at, over=over)}
    for asked in at.run.store.questions():
        known = _known(at, asked.question.key)
        if known is None and asked.id in ranked:
            known = _begin(at, asked.question.key, waits=_waits(ranked[asked.id]))
        if known is not None:
            told.append(asked.question.key)
            await _tell(at, asked, known, over=over)
    for own in own_questions(at.book, at.thread):
        await _tell_own(at, own)
    return tuple(told)


def _standing(at: At, *, over: bool) -> Iterator[Ranked]:
    """The open questions that a person may be interrupted with."""
    store = at.run.store
    ranked = () if over else standing(store, store.questions(only_open=True), now=at.now)
    named: set[str] = set()
    if any(each.held for each in ranked):
        named = {id_ for event in store.events() if isinstance(event.fact, HumanNeeded) for id_ in event.fact.questions}
    for each in ranked:
        if (not each.held or each.asked.id in named) and at.now - each.asked.at >= STANDS:
            yield each


def _known(at: At, key: str) -> _Told | None:
    kept = at.book.deed(at.key(f"{_DEED}{digest(key)}"))
    return _Told(mention=str(kept["mention"]), waits=str(kept["waits"])) if isinstance(kept, dict) else None


def _begin(at: At, key: str, *, waits: str) -> _Told:
    mention = at.thread.by if _LOGIN.fullmatch(at.thread.by) and not _is_called(at) else ""
    kept = {"key": key, "mention": mention, "waits": waits}
    at.book.once(at.key(f"{_DEED}{digest(key)}"), kept, at=at.now)
    return _Told(mention=mention, waits=waits)


def _is_called(at: At) -> bool:
    """Whether a question that is still open has called them."""
    kept = at.book.deeds(at.key(_DEED)).values()
    called = {str(each["key"]) for each in kept if isinstance(each, dict) and each["mention"]}
    return any(each.question.key in called for each in at.run.store.questions(only_open=True)) or any(
        each.answer is None for each in own_questions(at.book, at.thread) if f"own:{each.about}" in called
    )


def _waits(ranked: Ranked) -> str:
    if not ranked.blocks:
        return ""
    path = f", {ranked.minutes:.0f} min of the longest path" if ranked.minutes >= 1 else ""
    return f"holds up {counted(ranked.blocks, 'task')}{path}"


async def _tell(at: At, asked: Asked, told: _Told, *, over: bool) -> None:
    item = item_of(asked, at.run, why=told.waits)
    if asked.answer is not None:
        text = settled_question(item, Settled(answer=describe(asked.answer), by=answerer(asked)))
    elif over:
        text = settled_question(item, Settled())
    else:
        is_plan = asked.question.kind == "plan"
        held = given_by_plan(at.run) if is_plan else elsewhere(paths_of(asked.question))
        plan = "\n".join(_plan(at)) if is_plan else ""
        text = open_question(item, mention=told.mention, plan=plan, held=held, by=at.thread.by)
    await _say(at, asked.question.key, text)


def _plan(at: At) -> Iterator[str]:
    proposal = latest(at.run)
    if proposal is not None:
        settings = at.run.store.run().settings
        yield from plan_lines(proposal.plan, proposal.estimate, settings, proposal.conflicts)


async def _tell_own(at: At, own: Own) -> None:
    choices = (
        Choice(label=str(number), text=text, consequence="", paths=(), whole=True)
        for number, text in enumerate(own.options, 1)
    )
    item = Item(
        id=own.id,
        key=own.about,
        kind=OWN,
        text=own.text,
        why="",
        choices=tuple(choices),
        recommended=None,
        requirements=(),
        reasons="",
        silence="waits",
        default_at=None,
        command="",
    )
    key = f"own:{own.about}"
    told = _known(at, key) or _begin(at, key, waits="")
    if own.answer is None:
        text = open_question(item, mention=told.mention)
    else:
        text = settled_question(item, Settled(answer=own.options[own.answer], by=own.by))
    await _say(at, key, text)


async def _say(at: At, key: str, text: str) -> None:
    name = digest(key)
    marker = f"agentctl:question:{at.thread.run}:{name}"
    await at.put(f"said:{name}", text, lambda: at.forge.say(at.thread.number, text, marker=marker))
