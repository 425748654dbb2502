"""A question as a comment: what is asked, what each answer means, and how to give one; later who gave which. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...orchestrator.rules.harmless import code, fenced, inline, quoted
from ..notices.notice import Choice, Item
from .markdown import folded

OWN = "own"
"""The kind of a question that the thread asks, not the run."""
_FILES = 10
_PLAN = 20_000
"""Characters of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a question; ``by`` is empty where the run is over and nobody answered."""

    answer: str = ""
    by: str = ""


def open_question(item: Item, *, mention: str = "", plan: str = "", held: Sequence[str] = (), by: str = "") -> str:
    """The comment while it is open.

    Args:
        item: the question.
        mention: the login of who is needed; empty where they were called already.
        plan: of a question about a plan what is in it, line by line.
        held: files that an answer may let a task change, to which who started the run cannot agree alone.
        by: who started it.
    """
    parts = [*_asked(item, mention=mention, plan=plan), *_of_another(held, by), _how(item)]
    return "\n\n".join(parts)


def settled_question(item: Item, settled: Settled) -> str:
    """The comment once nothing can be answered any more."""
    if settled.by:
        head = f"### {code(item.id)} is answered"
        end = f"**{inline(settled.answer)}**, said {code(settled.by)}."
    else:
        head, end = f"### {code(item.id)} is not asked any more", "The run is over and nobody answered."
    return "\n\n".join([head, quoted(item.text), end])


def _asked(item: Item, *, mention: str, plan: str) -> Iterator[str]:
    yield f"### {code(item.id)} needs {f'@{mention}' if mention else 'an answer'}"
    yield quoted(item.text)
    if item.why:
        yield f"Why: {inline(item.why, width=1000)}"
    if plan:
        yield folded("The plan", fenced(plan, width=_PLAN))
    if item.choices:
        yield "\n".join(_choice(each, item) for each in item.choices)
    about = f" It is about {', '.join(map(code, item.requirements))}." if item.requirements else ""
    waits = f"It {inline(item.reasons)}." if item.reasons else ""
    yield f"{waits}{about} Without an answer it {inline(item.silence)}.".strip()


def _of_another(held: Sequence[str], by: str) -> Iterator[str]:
    if held:
        files = ", ".join(map(code, held[:_FILES])) + (f" and {len(held) - _FILES} more" if held[_FILES:] else "")
        yield f"To a change of {files}, which decides what runs elsewhere, somebody else than {code(by)} has to agree."


def _choice(choice: Choice, item: Item) -> str:
    best = " **(recommended)**" if choice.label == item.recommended else ""
    so = f": {inline(choice.consequence)}" if choice.consequence else ""
    wider = f"; lets its task change {', '.join(map(code, choice.paths))} too" if choice.paths else ""
    return f"- {code(choice.label)} {inline(choice.text)}{best}{so}{wider}"


def _how(item: Item) -> str:
    if item.kind == "plan":
        approve = "`/agentctl approve`, or " if any(each.text == "approve" for each in item.choices) else ""
        return f'Answer with {approve}`/agentctl refuse "what is missing"`.'
    if item.kind == OWN:
        return f"Answer with the number: `/agentctl answer {item.id} 1`."
    label = item.recommended or (item.choices[0].label if item.choices else "")
    own = f'`/agentctl answer {item.id} "your own words"`'
    if item.kind == "budget":
        return f"Answer with `/agentctl answer {item.id} {label or 'stop'}`, or an amount: `/agentctl budget +5`."
    return f"Answer with `/agentctl answer {item.id} {label}`, or {own}." if label else f"Answer with {own}."
