"""What a channel is given: a fact of the log with its questions in full, clean, without secrets, and bounded."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ...orchestrator.errors import UsageError
from ...orchestrator.nouns.events import Event
from ...orchestrator.nouns.notices import About, HumanNeeded
from ...orchestrator.nouns.questions import Asked, Question
from ...orchestrator.rules.ranking import taken_at
from ...orchestrator.rules.redact import redact, secrets_of
from ...tui.clean import clean, clean_lines
from ...tui.snapshot import headline, take
from ..answers import form, interpret, label
from ..repository import OpenRun

_LINE, _TEXT = 300, 2000
"""Characters of a text of others on one line, and of one with several."""
_MOST_OPTIONS = 12
_MOST_QUESTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An option as it can be pressed."""

    label: str
    """What is typed for it: a number, or a letter where money is asked for."""
    text: str
    consequence: str
    paths: tuple[str, ...]
    """Files that the asker's task may change too, if it is chosen."""
    whole: bool
    """Whether it is an answer by itself; to refuse a plan takes a reason as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A question in a notice."""

    id: str
    key: str
    """What binds an answer to it."""
    kind: str
    text: str
    why: str
    choices: tuple[Choice, ...]
    recommended: str | None
    """A label."""
    requirements: tuple[str, ...]
    reasons: str
    """Why it stands where it stands, and what waits for it."""
    silence: str
    """What happens if nobody answers."""
    default_at: float | None
    """When the default is taken, in seconds since the epoch."""
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message, the same for every channel."""

    id: str
    """Of the message: the same whenever it is sent again."""
    at: float
    run: str
    title: str
    state: str
    about: About | str
    text: str
    why_now: str
    standing: str
    """The run's figures on one line."""
    items: tuple[Item, ...] = ()

    @property
    def line(self) -> str:
        """All of it on one line."""
        why = f": {self.why_now}" if self.why_now else ""
        first = f": {self.items[0].text}" if len(self.items) == 1 else ""
        return clean(f"{self.text}{first or why}", width=_LINE)


def notice_of(event: Event, run: OpenRun, *, environ: Mapping[str, str] = os.environ) -> Notice:
    """The notice of an event that says that a person is needed.

    Raises:
        ValueError: the event says something else.
    """
    fact = event.fact
    if not isinstance(fact, HumanNeeded):
        raise ValueError(f"event {event.seq} is no notice")  # noqa: TRY004 - as documented
    tidy = _Tidy(partial(redact, secrets=secrets_of(environ)))
    asked = {each.id: each for each in run.store.questions()}
    whys = dict(zip(fact.questions, fact.reasons, strict=False))
    shown = [asked[name] for name in fact.questions[:_MOST_QUESTIONS] if name in asked]
    now = run.store.run()
    return Notice(
        id=f"msg_{now.id}_{event.seq}",
        at=event.at,
        run=now.id,
        title=tidy.line(now.title),
        state=now.state,
        about=fact.about,
        text=tidy.line(fact.text),
        why_now=tidy.line(fact.why_now),
        standing=clean(headline(take(run.store, run.journal), now=event.at)),
        items=tuple(
            _item(each, whys.get(each.id, ""), run=now.id, cap_usd=run.cap_usd, tidy=tidy)
            for each in shown
            if each.answer is None
        ),
    )


def trial_notice(*, at: float) -> Notice:
    """What `agentctl notify --test` sends."""
    return Notice(
        id=f"msg_test_{at:.6f}".replace(".", "_"),
        at=at,
        run="test",
        title="a test of the channels",
        state="done",
        about="test",
        text="this is a test: agentctl reaches you here",
        why_now="",
        standing="",
    )


def item_of(asked: Asked, run: OpenRun, *, why: str = "", environ: Mapping[str, str] = os.environ) -> Item:
    """One question as every channel is given it; ``why`` says why it stands where it stands."""
    tidy = _Tidy(partial(redact, secrets=secrets_of(environ)))
    return _item(asked, why, run=run.folder.run, cap_usd=run.cap_usd, tidy=tidy)


@dataclass(frozen=True, slots=True)
class _Tidy:
    redacted: Callable[[str], str]

    def line(self, text: str, *, width: int = _LINE) -> str:
        return clean(self.redacted(text), width=width)

    def lines(self, text: str) -> str:
        whole = clean_lines(self.redacted(text)).strip()
        return whole if len(whole) <= _TEXT else whole[: _TEXT - 1] + "…"


def _item(asked: Asked, reasons: str, *, run: str, cap_usd: float, tidy: _Tidy) -> Item:
    question = asked.question
    best = question.recommended
    return Item(
        id=asked.id,
        key=question.key,
        kind=question.kind,
        text=tidy.lines(question.text),
        why=tidy.lines(question.why),
        choices=tuple(_choices(question, cap_usd=cap_usd, tidy=tidy)),
        recommended=label(question, best) if best is not None and best < _MOST_OPTIONS else None,
        requirements=tuple(tidy.line(each) for each in question.requirements[:_MOST_QUESTIONS]),
        reasons=tidy.line(reasons),
        silence=_silence(asked, tidy),
        default_at=taken_at(asked),
        command=f"agentctl answer --run {run} {asked.id} {form(question)}",
    )


def _choices(question: Question, *, cap_usd: float, tidy: _Tidy) -> Iterator[Choice]:
    for index, option in enumerate(question.options[:_MOST_OPTIONS]):
        yield Choice(
            label=label(question, index),
            text=tidy.line(option.text),
            consequence=tidy.line(option.consequence),
            paths=tuple(tidy.line(path) for path in option.paths[:_MOST_QUESTIONS]),
            whole=_is_whole(question, label(question, index), cap_usd=cap_usd),
        )


def _is_whole(question: Question, typed: str, *, cap_usd: float) -> bool:
    try:
        interpret(question, typed, cap_usd=cap_usd)
    except UsageError:
        return False
    return True


def _silence(asked: Asked, tidy: _Tidy) -> str:
    if asked.question.default is None:
        return "waits"
    return f"goes on with {tidy.line(asked.question.default)}, which can be reverted"
