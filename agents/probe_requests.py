"""What the probe asks of models: situations and verdicts of the Pro tier, predictions of the Flash tier. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decided import decided
from .fences import fence, plain, without_holdouts
from .models.port import Message, Request
from .probe_replies import DECISIONS, SITUATIONS, predictions
from .prompting import load_prompt
from .survey import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..orchestrator.nouns.plan import SpecView
    from ..orchestrator.rules.probing import Cluster, Probe, Spread

PROMPTS = ("probe_situations", "probe_reader", "probe_judge")
SITUATIONS_TOKENS = 8_000
READER_TOKENS = 4_000
"""Twelve short answers take 500; the rest is for models that think first."""

JUDGE_TOKENS = 8_000
_SPEC = 60_000
"""Characters of a spec that are shown; what is probed is listed besides."""

LEANINGS = (
    "build the simplest program that satisfies every sentence of the spec",
    "do what well-known libraries and commands do in such a case",
    "refuse whatever the spec does not allow",
    "accept whatever can be given a sensible meaning",
    "keep everything the user gave: drop nothing, overwrite nothing",
)
"""What readers do where the spec decides nothing, in turn: engineers differ, samples of one model hardly do."""


def shown(spec: SpecView, decisions: Sequence[tuple[str, str]]) -> str:
    """The spec as every prompt shows it and as quotes are looked for: without holdouts, with what was decided."""
    text = cut(plain(without_holdouts(spec.text)).strip(), _SPEC)
    return "\n".join([fence(text, "the spec"), *decided(decisions)])


def ask_situations(spec: SpecView, cluster: Cluster, *, text: str) -> Request:
    """Ask for situations at the edges of a cluster."""
    return _request("probe_situations", f"{text}\n{_task(spec, cluster)}", tokens=SITUATIONS_TOKENS)


def ask_reader(probes: Sequence[Probe], *, text: str, reader: int) -> Request:
    """Ask one reader for predictions. What is the same for all readers comes first, for the provider's cache."""
    lean = LEANINGS[reader % len(LEANINGS)]
    listed = fence(
        "\n".join(f"{each.id}: {each.situation}\n    Predict: {each.observe}" for each in probes), "situations"
    )
    ending = (
        f"Where the spec leaves a situation open, and only there, you {lean}; mark such answers with `? `.\n"
        "Answer with the JSON object only.\n"
    )
    messages = (
        Message(role="system", text=load_prompt("probe_reader").text),
        Message(role="user", text=f"{text}\n{listed}\n{ending}"),
    )
    return Request(
        tier="flash", messages=messages, schema=predictions(probes), max_tokens=READER_TOKENS, temperature=1.0
    )


def ask_judge(open_: Sequence[Spread], *, text: str) -> Request:
    """Ask what becomes of the situations in which readers differ or doubt."""
    listed = fence("\n\n".join(map(_answers, open_)), "situations and answers")
    ending = "Decide for each situation. Answer with the JSON object only.\n"
    return _request("probe_judge", f"{text}\n{listed}\n{ending}", tokens=JUDGE_TOKENS)


def again(request: Request, said: str, problems: Sequence[str]) -> Request:
    """The same request, with the answer that could not be used and what is wrong with it."""
    wrong = "\n".join(f"- {plain(problem)}" for problem in problems)
    more = (
        Message(role="assistant", text=said),
        Message(role="user", text=f"This cannot be used:\n{wrong}\n\nAnswer with the whole JSON object, corrected."),
    )
    return Request(
        tier=request.tier,
        messages=(*request.messages, *more),
        schema=request.schema,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
    )


def _request(prompt: str, text: str, *, tokens: int) -> Request:
    schema = SITUATIONS if prompt == "probe_situations" else DECISIONS
    messages = (Message(role="system", text=load_prompt(prompt).text), Message(role="user", text=text))
    return Request(tier="pro", messages=messages, schema=schema, max_tokens=tokens)


def _task(spec: SpecView, cluster: Cluster) -> str:
    """Which items are to be probed; the items of other clusters are probed there."""
    chosen = [item for item in spec.requirements if item.id in cluster.items]
    if len(chosen) == len(spec.requirements):
        return "Look at all of its items. Answer with the JSON object only.\n"
    rows = "\n".join(f"- {item.id} ({item.strength}): {plain(item.text)}" for item in chosen)
    return f"# Look at these items only\n\n{fence(rows, 'items')}\nAnswer with the JSON object only.\n"


def _answers(spread: Spread) -> str:
    probe = spread.probe
    lines = [
        f"{probe.id}: {probe.situation}",
        f"    Predicted: {probe.observe} (items: {', '.join(probe.items) or '-'})",
    ]
    for group in spread.groups:
        doubts = f", {group.doubts} of them guessing" if group.doubts else ""
        lines.append(f"    {group.id} ({group.readers} of {spread.readers}{doubts}): {group.text}")
    if spread.silent:
        lines.append(f"    {spread.silent} of {spread.readers} say that the spec does not decide it")
    return "\n".join(lines)
