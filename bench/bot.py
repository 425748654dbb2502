"""The suite ``bot``: GitHub's own description and examples, a life that is killed, attacks, and many deliveries."""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..orchestrator.forge.github.webhooks import read_webhook
from .bot_load import load as load_of_bot
from .emulated import installed
from .emulated.service import MODULES
from .parts.bot_life import Lived, lived
from .parts.by_tests import counted
from .report import Bar, Report, Unmeasured

CONTRACT = "tests/forge/github/test_contract.py"
ATTACKS = (
    "tests/bot/test_door.py",
    "tests/bot/test_home.py",
    "tests/cli/test_commanding.py",
    "tests/attacks/test_words_from_outside.py",
)
EXAMPLES = 329
KILLS = 12
"""Writes at which a life is killed, evenly among all it has: each is a life, of a minute or so."""
EVERY = "AGENTCTL_BENCH_BOT_KILLS"
"""Says ``all`` for every write, before it is done and after: that takes hours."""
_ACKNOWLEDGED = 100.0
_NO_EXAMPLES = "npm install @octokit/webhooks-examples@7"
_NO_PRISM = "npm install @octokit/openapi@23 @stoplight/prism-cli@5"


@dataclass(slots=True, kw_only=True)
class _Found:
    bars: list[Bar] = field(default_factory=list)
    unmeasured: list[Unmeasured] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def bar(self, name: str, value: float, limit: float, unit: str, *, least: bool = False) -> None:
        self.bars.append(Bar(name=name, value=value, limit=limit, unit=unit, least=least))

    def missing(self, name: str, limit: float, unit: str, why: str) -> None:
        self.unmeasured.append(Unmeasured(name=name, limit=limit, unit=unit, why=why))


def run(*, quick: bool) -> Report:
    """Each part on its own: what one of them cannot measure, or fails at, does not keep the others."""
    found = _Found()
    parts: Mapping[str, Callable[..., None]] = {
        "contract": _contract,
        "examples": _examples,
        "life": _life,
        "load": _load,
        "attacks": _attacks,
    }
    for name, part in parts.items():
        try:
            part(found, quick=quick)
        except Exception as error:  # noqa: BLE001 - told as what could not be measured
            found.problems.append(f"{name}: {type(error).__name__}: {error}")
    return Report(
        suite="bot",
        quick=quick,
        bars=tuple(found.bars),
        unmeasured=tuple(found.unmeasured),
        figures=found.figures,
        problems=tuple(found.problems),
    )


def _contract(found: _Found, *, quick: bool) -> None:
    """Every request of every method of the adapter, against Prism with GitHub's own description."""
    del quick
    name = "requests that GitHub's description refuses"
    if not _there("@stoplight/prism-cli", "@octokit/openapi"):
        found.missing(name, 0, "requests", f"{MODULES} names no folder with them: {_NO_PRISM}")
        return
    tests = counted([CONTRACT], **_modules())
    if tests.skipped or not tests.passed + len(tests.failed):
        raise RuntimeError(f"the contract was not tried: {'; '.join(tests.skipped) or 'no test'}")
    found.bar(name, len(tests.failed), 0, "requests")
    found.figures["contract"] = {"held": tests.passed, "broken": tests.failed}


def _examples(found: _Found, *, quick: bool) -> None:
    """Every payload that GitHub gives as an example becomes a noun, or is ignored with a reason."""
    del quick
    name = "example payloads read, or ignored with a reason"
    if not _there("@octokit/webhooks-examples"):
        found.missing(name, EXAMPLES, "payloads", f"{MODULES} names no folder with them: {_NO_EXAMPLES}")
        return
    folder = Path(os.environ[MODULES]) / "@octokit" / "webhooks-examples" / "api.github.com"
    well = 0
    for event in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        for payload in event["examples"]:
            made = read_webhook(event["name"], "d-1", payload)
            well += not str(getattr(made, "reason", "a noun")).endswith("cannot be read")
    found.bar(name, well, EXAMPLES, "payloads", least=True)


def _life(found: _Found, *, quick: bool) -> None:
    """A life undisturbed, then killed at writes of its; all have to end alike."""
    name = "lives that end otherwise after a kill, or hold something twice"
    if isinstance(why := installed(), str):
        found.missing(name, 0, "lives", why)
        return
    if quick:
        found.missing(name, 0, "lives", "each life takes most of a minute: leave out --quick")
        return
    whole = _lived()
    kills = list(_kills(len(whole.writes), every=os.environ.get(EVERY) == "all"))
    lives = [_lived(kill_at=at, before=before) for at, before in kills]
    wrong = [
        f"{at}{'-' if before else '+'}"
        for (at, before), life in zip(kills, lives, strict=True)
        if _differs(life, whole)
    ]
    found.bar(name, len(wrong) + bool(whole.wrong), 0, "lives")
    found.figures["life"] = {
        "writes": len(whole.writes),
        "seconds": whole.seconds,
        "killed": len(lives),
        "otherwise": wrong,
        "wrong": [*whole.wrong, *(each for life in lives for each in life.wrong)],
    }


def _lived(**how: Any) -> Lived:
    with tempfile.TemporaryDirectory(prefix="agentctl-bench-") as folder:
        return lived(Path(folder), **how)


def _kills(writes: int, *, every: bool) -> Iterator[tuple[int, bool]]:
    """The number of a write, and whether the kill comes before it is done."""
    if every:
        yield from ((at, before) for at in range(1, writes + 1) for before in (False, True))
        return
    yield from ((1 + number * writes // KILLS, number % 2 == 1) for number in range(KILLS))


def _differs(life: Lived, whole: Lived) -> bool:
    return life.end != whole.end or bool(life.wrong) or life.kills != 1


def _load(found: _Found, *, quick: bool) -> None:
    """A thousand deliveries in a minute, with a kill in the middle."""
    load = asyncio.run(load_of_bot(quick=quick))
    found.bar("acknowledgement of a delivery, p95", load.p95, _ACKNOWLEDGED, "ms")
    found.bar("deliveries lost", load.lost, 0, "deliveries")
    found.bar("deliveries acted on twice", load.twice, 0, "deliveries")
    names = ("p50", "p95", "p99", "burst_p95", "acknowledged", "refused", "resent")
    found.figures["load"] = {each: getattr(load, each) for each in names}


def _attacks(found: _Found, *, quick: bool) -> None:
    """Each attack is a test; what it has to come to stands there."""
    del quick
    tests = counted(ATTACKS)
    tried = tests.passed + len(tests.failed)
    found.bar("attacks refused or harmless", 100.0 * tests.passed / tried, 100, "%", least=True)
    found.figures["attacks"] = {"tried": tried, "not refused": tests.failed, "not tried": tests.skipped}


def _there(*packages: str) -> bool:
    folder = os.environ.get(MODULES, "")
    return bool(folder) and all((Path(folder) / each).is_dir() for each in packages)


def _modules() -> dict[str, str]:
    return {MODULES: os.environ[MODULES]}
