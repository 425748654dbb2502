"""The inbox: what waits for a person, ranked and grouped by cause, and one question in full with its keys."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from ...orchestrator.nouns.questions import Asked, Question
from ...orchestrator.rules.assumptions import may_be_overruled
from ...orchestrator.rules.ranking import Ranked, cause, reasons, taken_at
from ..entries import Entry, columns, entry, short, wrapped
from ..look import Look
from ..sight import Sight

MOST = 1_000
"""Characters of an option that are shown."""
MOST_OPTIONS = 9
"""Those that have a key."""


def rows(look: Look, *, order: Sequence[str], sight: Sight, width: int) -> list[Entry]:
    """The questions in this order, by id; ``order`` may hold some that were answered meanwhile, which are told so.

    Those that ``sight`` has marked or put off are told so, too.
    """
    ranked = {each.asked.id: each for each in look.ranked}
    lines: list[Entry] = []
    last = ""
    for name in order:
        asked = look.questions.get(name)
        if asked is None:
            continue
        group = cause(asked.question)
        if group != last and sum(cause(look.questions[each].question) == group for each in order) > 1:
            lines.append(entry((f"about {short(group, width - 8)}", "dim")))
        last = group
        lines.append(_row(asked, ranked.get(name), sight=sight, width=width))
    left = f"; {len(sight.ignored)} left to what silence means, u brings it back" if sight.ignored else ""
    return lines or [entry((f"nothing{' else' if left else ''} waits for you{left}", "dim"))]


def ordered(look: Look, before: Sequence[str], *, decided: bool = False) -> tuple[str, ...]:
    """Ids to show: those that were shown stay where they were, new ones come last, by rank and with their cause.

    What was decided stands at the end when the list is made anew; the latest first.
    """
    held = {each.asked.id for each in look.ranked if each.held}
    fresh = [each for each in look.ranked if each.asked.id not in before]
    causes = list(dict.fromkeys(cause(each.asked.question) for each in fresh))
    fresh.sort(key=lambda each: (each.asked.id in held, causes.index(cause(each.asked.question))))
    known = [name for name in before if name in look.questions]
    shown = (*known, *(each.asked.id for each in fresh))
    settled = sorted(look.questions.values(), key=lambda each: -(each.answered_at or 0.0))
    return (*shown, *(each.id for each in settled if decided and each.answer is not None and each.id not in shown))


def detail(look: Look, name: str, *, width: int) -> list[Entry]:
    """One question: the options with their keys and what silence means, then why and what speaks for it."""
    asked = look.questions.get(name)
    if asked is None:
        return [entry(("choose a question with j and k", "dim"))]
    question = asked.question
    lines = [
        entry((f"{asked.id} ", "warm"), (f"{question.kind} of {short(question.asked_by or 'the run', 40)}", "dim"))
    ]
    ranked = next((each for each in look.ranked if each.asked.id == name), None)
    if ranked is not None:
        lines += wrapped(reasons(ranked, now=look.now), width, style="dim")
    lines += [entry(), *wrapped(question.text, width, style="bold"), entry()]
    if asked.answer is not None:
        lines += wrapped(_answered(asked), width, style="good")
        if may_be_overruled(asked, anew=True) and not look.snapshot.finished:
            lines += wrapped("r says otherwise: what was built on it is done again", width, style="dim")
    else:
        lines += [*_options(question, width), entry(), *wrapped(_silence(asked), width, style="dim")]
    for word, text in (("why", question.why), ("evidence", question.evidence)):
        lines += [entry(), *wrapped(f"{word}: {text}", width)] if text else []
    if question.requirements:
        lines += [entry(), *wrapped(f"for {', '.join(question.requirements)}", width, style="dim")]
    return lines


def option_key(key: str) -> str:
    """What the line of an option in `detail` is called."""
    return f"option {key}"


def fingerprint(look: Look, name: str) -> tuple[object, ...] | None:
    """All of a question that the eye goes by; None where nobody can answer it, or say otherwise, any more."""
    asked = look.questions.get(name)
    if asked is None or look.snapshot.finished:
        return None
    if asked.answer is not None and not may_be_overruled(asked, anew=True):
        return None
    return asked.id, asked.question.key, asked.question.text, asked.question.options, asked.answer


def typed_for(question: Question, key: str) -> str | None:
    """What pressing a digit, ``0`` or ``enter`` types at a question's prompt; None where it means nothing there."""
    if key == "0":
        return _refusal(question)
    if key == "enter":
        return question.default
    index = int(key) - 1
    if index >= len(question.options):
        return None
    return "abcdefghi"[index] if question.kind == "budget" else key


def _refusal(question: Question) -> str | None:
    """No, or stop: always on ``0``."""
    if question.kind in ("plan", "budget"):
        return "stop"
    for number, option in enumerate(question.options[:MOST_OPTIONS], start=1):
        if option.text.strip().lower().split(" ")[0].rstrip(".,:;") in ("no", "stop", "none", "never"):
            return str(number)
    return None


def _options(question: Question, width: int) -> Iterator[Entry]:
    for number, option in enumerate(question.options[:MOST_OPTIONS], start=1):
        best = " (recommended)" if question.recommended == number - 1 else ""
        head, *more = wrapped(f"{short(option.text, MOST)}{best}", width - 4) or [entry()]
        yield entry((f"  {number} ", "warm"), *head.spans, key=option_key(str(number)))
        yield from (entry("    ", *line.spans) for line in more)
        if option.consequence:
            yield from wrapped(option.consequence, width, style="dim", indent="    ")
        if option.paths:
            yield from wrapped(f"lets it change {', '.join(option.paths)} too", width, style="dim", indent="    ")
    if len(question.options) > MOST_OPTIONS:
        yield entry((f"    {len(question.options) - MOST_OPTIONS} more: answer with r, in words", "dim"))
    if _refusal(question) is not None:
        taken = typed_for(question, "0")
        which = f": takes {taken}" if taken and taken.isdigit() else ""
        yield entry(("  0 ", "warm"), f"no, or stop{which}", key=option_key("0"))


def _silence(asked: Asked) -> str:
    question, moment = asked.question, taken_at(asked)
    if moment is not None:
        when = time.strftime("%H:%M", time.localtime(moment))
        return f"If silent: `{question.default}` is taken at {when}; it can be reverted"
    if question.default is not None:
        return f"If silent: goes on with `{question.default}`, which can be reverted (enter takes it)"
    return "If silent: waits"


def _answered(asked: Asked) -> str:
    by = (asked.answered_by or "?").removeprefix("person:")
    return f"answered by {by}: {asked.answer}"


def _row(asked: Asked, ranked: Ranked | None, *, sight: Sight, width: int) -> Entry:
    text = short(asked.question.text, 2 * width)
    if asked.answer is not None:
        return columns(
            [("✓ ", "good"), (f"{asked.id:<5}", "dim"), (text, "dim")], "answered", width=width, key=asked.id
        )
    if asked.id in sight.snoozed:
        return columns([("z ", "dim"), (f"{asked.id:<5}", "dim"), (text, "dim")], "later", width=width, key=asked.id)
    right = f"blocks {ranked.blocks}" if ranked is not None and ranked.blocks else ""
    mark = "■ " if asked.id in sight.marked else "? "
    return columns([(mark, "warm"), (f"{asked.id:<5}", "bold"), (text, "")], right, width=width, key=asked.id)
