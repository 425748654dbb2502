"""The suite ``economy``: tokens and model time of the shipped recordings, from their own ledgers. Nothing is run.

What a provider's cache holds is what a request has in common with the beginning of an earlier one of the same model.
Where a recording reports no cached tokens, as the desk never does, the same is worked out from the requests themselves.
Tools and schema stand before the messages, as providers have it: another digest of them, and nothing is held.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from ..agents import recording
from ..agents.digest import canonical
from ..agents.models.port import Usage
from ..agents.models.tiers import estimate_tokens
from ..agents.plan_reply import read_plan, read_revision
from ..agents.recording import Recording
from ..orchestrator.nouns.keys import PLANNING, CallKey
from ..orchestrator.nouns.plan import Plan
from ..orchestrator.rules import economy
from ..orchestrator.rules.economy import Spending
from .report import Bar, Report, Unmeasured

EXAMPLES = Path(__file__).parents[1] / "specs" / "examples"
CRITICAL, FRESH, STRONG = 0.5, 6_000, 0.25
TEAMS, TASKS = 4, 15
"""What makes a recording the second demonstration: a spec for which a team is worth it."""
DIGEST = 64
"""Characters that stand for the tools and the schema of a request."""
CACHED_FROM = 1024
"""Tokens of the shortest beginning that providers keep."""
_PATH = "model time on the critical path, over all model time"


EDITED = "-edited"
"""Ends the name of a recording that goes on, after an edit of the spec, where another ended: one demonstration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the recordings of a demonstration say of its calls; of each its plan and its share on the critical path."""

    name: str
    plans: tuple[Plan, ...]
    calls: tuple[Spending, ...]
    on_path: tuple[float, ...]

    @property
    def requirements(self) -> int:
        """How many the plan is for."""
        return len({requirement for task in self.plans[-1].tasks for requirement in task.requirements})

    @property
    def large(self) -> bool:
        """Whether its first run is one that a team is for; what an edit asks for afterwards never is."""
        tasks = self.plans[0].tasks
        return len(tasks) >= TASKS and len({task.team for task in tasks}) >= TEAMS


def run(*, quick: bool) -> Report:
    """The bars over all demonstrations: of each figure the worst."""
    ledgers = [ledger(paths) for paths in demonstrations(EXAMPLES)]
    if not ledgers:
        return Report(suite="economy", quick=quick, problems=(f"there is no recording in {EXAMPLES}",))
    bars = [
        Bar(
            name="median uncached prompt tokens of a task",
            value=max(economy.median_fresh(each.calls) for each in ledgers),
            limit=FRESH,
            unit="tokens",
        ),
        Bar(
            name="tokens of the Pro tier, over all tokens",
            value=max(economy.strong_share(each.calls) for each in ledgers),
            limit=STRONG,
            unit="share",
        ),
    ]
    large = [each for each in ledgers if each.large]
    bars += (
        [Bar(name=_PATH, value=max(each.on_path[0] for each in large), limit=CRITICAL, unit="share")] if large else []
    )
    why = f"no shipped recording has {TEAMS} teams and {TASKS} tasks; record one with `agentctl run --record`"
    unmeasured = () if large else (Unmeasured(name=_PATH, limit=CRITICAL, unit="share", why=why),)
    figures = {each.name: told(each) for each in ledgers}
    return Report(suite="economy", quick=quick, bars=tuple(bars), unmeasured=unmeasured, figures=figures)


def told(of: Ledger) -> dict[str, Any]:
    """The figures behind the bars."""
    prompt, completion = sum(call.prompt for call in of.calls), sum(call.completion for call in of.calls)
    return {
        "requirements": of.requirements,
        "tasks": len(of.plans[-1].tasks),
        "calls": len(of.calls),
        "prompt": prompt,
        "completion": completion,
        "times one strong agent alone": economy.times_alone(prompt, completion, requirements=of.requirements),
        "on the critical path": list(of.on_path),
        "Pro tier": economy.strong_share(of.calls),
        "median uncached prompt tokens of a task": economy.median_fresh(of.calls),
        "uncached prompt tokens by task": economy.fresh_per_task(of.calls),
        "by role": economy.by_role(of.calls),
    }


def demonstrations(folder: Path) -> Iterator[tuple[Path, ...]]:
    """The recordings of a folder, those of one demonstration together, in the order in which they were made."""
    paths = sorted(folder.glob("*.recording.jsonl*"), key=lambda path: (_name(path), path.name.partition(".")[0]))
    yield from (tuple(group) for _, group in groupby(paths, key=_name))


def _name(path: Path) -> str:
    return path.name.partition(".")[0].removesuffix(EDITED)


def ledger(paths: Sequence[Path]) -> Ledger:
    """The calls of a demonstration's recordings; raises LookupError where nothing was planned in one."""
    plans: list[Plan] = []
    calls: list[Spending] = []
    shares: list[float] = []
    for path in paths:
        read = recording.read(path)
        spent = tuple(_spending(read))
        plans.append(_plan(read, earlier=plans[-1] if plans else None))
        whole = sum(call.seconds for call in spent)
        shares.append(economy.critical_seconds(spent, plans[-1]) / whole if whole else 0.0)
        calls += spent
    return Ledger(name=_name(paths[0]), plans=tuple(plans), calls=tuple(calls), on_path=tuple(shares))


def _plan(of: Recording, *, earlier: Plan | None) -> Plan:
    """The last plan that was proposed; where an edit was planned, what is new beside all that was built."""
    keys = (CallKey.parse(key) for key in of.calls)
    last = max((key for key in keys if key.attempt.task == PLANNING and key.role == "planner"), default=None)
    reply = of.calls[str(last)].reply if last is not None else None
    if reply is None:
        raise LookupError("the recording has no plan")
    if earlier is None:
        return read_plan(reply.text)
    revision = read_revision(reply.text, teams={team.id for team in earlier.teams})
    return replace(earlier, teams=(*earlier.teams, *revision.teams), tasks=(*earlier.tasks, *revision.new))


def _spending(of: Recording) -> Iterator[Spending]:
    reported = any(call.reply.usage.cached for call in of.calls.values() if call.reply is not None)
    before: defaultdict[str, list[str]] = defaultdict(list)
    for key, call in of.calls.items():
        if call.reply is None:
            continue
        usage = call.reply.usage
        asked = call.model or call.tier
        text = call.tools + "".join(canonical(of.message(each)).decode() for each in call.messages)
        fresh = usage.prompt - usage.cached if reported else fresh_of(usage, text, before[asked])
        before[asked].append(text)
        yield Spending(
            key=CallKey.parse(key),
            tier=call.tier,
            prompt=usage.prompt,
            fresh=fresh if usage.prompt - fresh >= CACHED_FROM else usage.prompt,
            completion=usage.completion,
            seconds=call.seconds,
        )


def fresh_of(usage: Usage, text: str, before: Sequence[str]) -> float:
    """Tokens of a prompt that no cache holds, where ``text`` is the digest of its tools and then its messages.

    A prompt's tokens are those of its messages and of its tools, whose text no recording holds. Where they were
    estimated, how many are the messages' is known; where a provider counted, all are taken to be.
    """
    common = max((_common(text, each) for each in before), default=0)
    if common < DIGEST:
        return usage.prompt
    messages = min(estimate_tokens(text[DIGEST:]), usage.prompt) if usage.estimated else usage.prompt
    return messages * (len(text) - common) / max(len(text) - DIGEST, 1)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in alike)
