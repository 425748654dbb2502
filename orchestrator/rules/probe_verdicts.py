"""What becomes of a situation that readers of a spec predict differently: nothing, an assumption, or a question. Pure.

A judge decides; this module holds it to the rules. A quote has to stand in the spec, an assumption is what most
readers expect, a question offers what readers predicted. What the judge leaves out or decides against the rules
becomes a question made here: an open situation is never lost for want of a usable verdict.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..nouns.plan import SpecView
from ..nouns.questions import Option, Question
from .asking import question_key
from .probe_answers import quoted
from .probing import Assumption, Raised, Settled, Spread, Weight

ASKED_BY = "prober"
FEWEST_OPTIONS, MOST_OPTIONS = 2, 4

Verdict = Literal["answered", "same", "assume", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A way to settle a situation: the groups of readers it follows, and a sentence that could stand in the spec."""

    groups: tuple[str, ...]
    text: str
    consequence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the judge said about one open situation, or about several that are the same question."""

    probes: tuple[str, ...]
    verdict: Verdict
    quote: str = ""
    question: str = ""
    why: str = ""
    choices: tuple[Choice, ...] = ()
    recommended: int = 0
    items: tuple[str, ...] = ()
    weight: Weight = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The open situations of a cluster, each in one of three places."""

    settled: tuple[Settled, ...]
    assumptions: tuple[Assumption, ...]
    raised: tuple[Raised, ...]


def faults(decisions: Sequence[Decision], open_: Sequence[Spread], text: str) -> tuple[str, ...]:
    """What is wrong with the judge's decisions, in words it can act on; empty if they can be followed as they are."""
    known = {each.probe.id: each for each in open_}
    found: list[str] = []
    for number, decision in enumerate(decisions, start=1):
        found += [f"decision {number}: {fault}" for fault in _faults(decision, known, text)]
    named = [probe for decision in decisions for probe in decision.probes]
    found += [f"{probe} is decided more than once" for probe in known if named.count(probe) > 1]
    found += [f"{probe} is not decided" for probe in known if probe not in named]
    return tuple(found)


def outcome(decisions: Sequence[Decision], open_: Sequence[Spread], *, spec: SpecView, text: str) -> Outcome:
    """Follow each decision that holds; ask about what is left. ``text`` is the spec as the judge saw it."""
    left = {each.probe.id: each for each in open_}
    settled: list[Settled] = []
    assumptions: list[Assumption] = []
    raised: list[Raised] = []
    for decision in decisions:
        if _faults(decision, left, text):
            continue
        spreads = [left.pop(probe) for probe in dict.fromkeys(decision.probes)]
        match decision.verdict:
            case "answered" | "same" as how:
                settled += [Settled(probe=each.probe, how=how, quote=decision.quote) for each in spreads]
            case "assume":
                assumptions.append(_assumption(decision, spreads, spec))
            case "ask":
                raised.append(_question(decision, spreads, spec))
    raised += [_unjudged(each, spec) for each in left.values()]
    return Outcome(settled=tuple(settled), assumptions=tuple(assumptions), raised=tuple(raised))


def _faults(decision: Decision, known: Mapping[str, Spread], text: str) -> list[str]:
    strange = [probe for probe in decision.probes if probe not in known]
    if strange or not decision.probes:
        return [f"`probes` must name open situations, not {', '.join(strange) or 'none'}"]
    spreads = [known[probe] for probe in decision.probes]
    match decision.verdict:
        case "answered":
            if not quoted(decision.quote, text):
                return [f"`quote` does not stand in the spec: {decision.quote[:80]!r}; copy a sentence of it unchanged"]
        case "same":
            open_ = [each.probe.id for each in spreads if each.doubtful]
            if open_:
                return [f"`same` does not settle {', '.join(open_)}: readers said that the spec leaves it open"]
        case "assume":
            return _assumption_faults(decision, spreads)
        case "ask":
            return _question_faults(decision, spreads)
    return []


def _assumption_faults(decision: Decision, spreads: Sequence[Spread]) -> list[str]:
    if len(decision.choices) != 1 or not decision.choices[0].text:
        return ["an assumption has one option, whose `text` is the sentence that is assumed"]
    leading = {group.id for each in spreads for group in each.leading}
    if leading and leading.isdisjoint(decision.choices[0].groups):
        return [f"an assumption is what most readers expect: its `answers` must name {' or '.join(sorted(leading))}"]
    return []


def _question_faults(decision: Decision, spreads: Sequence[Spread]) -> list[str]:
    wrong: list[str] = []
    texts = [choice.text for choice in decision.choices]
    given = {group.id for each in spreads for group in each.groups}
    if not decision.question:
        wrong.append("`question` is empty")
    if not FEWEST_OPTIONS <= len({text.casefold() for text in texts if text}) == len(texts) <= MOST_OPTIONS:
        wrong.append(f"a question has {FEWEST_OPTIONS} to {MOST_OPTIONS} options, each with a `text` of its own")
    if given and given.isdisjoint(group for choice in decision.choices for group in choice.groups):
        wrong.append("no option is what a reader answered: name the answers it follows in `answers`")
    if not 0 <= decision.recommended < max(1, len(texts)):
        wrong.append(f"`recommended` must be the number of an option, from 0 to {len(texts) - 1}")
    return wrong


def _question(decision: Decision, spreads: Sequence[Spread], spec: SpecView) -> Raised:
    options = tuple(Option(text=choice.text, consequence=choice.consequence) for choice in decision.choices)
    items = _items(decision.items, spreads, spec)
    question = Question(
        key=f"probe:{question_key(' '.join(each.probe.situation for each in spreads), items)}",
        kind="decision",
        text=decision.question,
        why=decision.why,
        options=options,
        recommended=decision.recommended,
        # Nobody would notice the other answer, so nobody has to be waited for.
        default=options[decision.recommended].text if decision.weight == 1 else None,
        asked_by=ASKED_BY,
        requirements=items,
        evidence=_evidence(spreads),
    )
    return Raised(question=question, divergence=max(each.divergence for each in spreads), weight=decision.weight)


def _unjudged(spread: Spread, spec: SpecView) -> Raised:
    """The question of a situation for which there is no verdict that holds: what readers predicted is the choice."""
    probe = spread.probe
    items = _items((), [spread], spec)
    options = (Option(text=f"{_ended(probe.situation)} {group.text}") for group in spread.groups[:MOST_OPTIONS])
    question = Question(
        key=f"probe:{question_key(probe.situation, items)}",
        kind="decision",
        text=f"What is right here: {_ended(probe.situation)} {probe.observe}".strip(),
        why="Readers of the spec expect different things.",
        options=tuple(options),
        recommended=0 if spread.groups else None,
        asked_by=ASKED_BY,
        requirements=items,
        evidence=_evidence([spread]),
    )
    return Raised(question=question, divergence=spread.divergence, weight=2)


def _assumption(decision: Decision, spreads: Sequence[Spread], spec: SpecView) -> Assumption:
    items = _items(decision.items, spreads, spec)
    return Assumption(text=decision.choices[0].text, requirements=items, evidence=_evidence(spreads))


def _items(named: Collection[str], spreads: Sequence[Spread], spec: SpecView) -> tuple[str, ...]:
    known = [item.id for item in spec.requirements]
    wanted = {*named} & {*known} or {item for each in spreads for item in each.probe.items}
    return tuple(item for item in known if item in wanted)


def _evidence(spreads: Sequence[Spread]) -> str:
    return " ".join(f"{_ended(each.probe.situation)} {_counted(each)}." for each in spreads)


def _counted(spread: Spread) -> str:
    parts = [f"{group.readers} of {spread.readers} readers: {group.text}" for group in spread.groups]
    if spread.silent:
        parts.append(f"{spread.silent} of {spread.readers}: the spec does not say")
    return "; ".join(parts)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!", ":")) else f"{sentence}."
