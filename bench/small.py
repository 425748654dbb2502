"""The suite ``small``: what a one-line change by a sentence costs in a repository of 5,000 files.

All is real but the answers: the command line, litellm over HTTP to a scripted server in another process, workspace,
gate in the sandbox, landing. The worker edits and tests in its first reply and submits in its second. Tokens are those
of the whole request as it is kept in the journal, tools included, at the characters a token that packs are cut to.
"""

import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..agents.pack import CHARACTERS_PER_TOKEN
from ..orchestrator.clock import SystemClock
from ..orchestrator.store.folder import RunFolder
from ..orchestrator.store.journal import Journal
from .parts import own_runs, target
from .parts.processes import Cost, scripted_server
from .report import Bar, Report, cores

FILES = 5_000
FOLDER = 50
"""Modules in a folder."""
PLANNER_CALLS, FLASH_CALLS, TOKENS = 1, 2, 12_000
PATH = "src/part042/module07.py"
SENTENCES = {
    "the file is named": f"In {PATH}, `label_042_07` returns its text in capitals.",
    "only the function is named": "`label_042_07` returns its text in capitals.",
    "nothing is named": "The label of part 42, module 7 is in capitals.",
}
OLD, NEW = '    return f"label of 042, 07: {text}"\n', '    return f"label of 042, 07: {text}".upper()\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one run asked of models: calls by tier, and the tokens of its largest prompt."""

    calls: Counter[str]
    largest: float
    cost: Cost


def run(*, quick: bool) -> Report:
    """A run for each way to say it; quick: where only the function is named."""
    chosen = {name: said for name, said in SENTENCES.items() if not quick or name == "only the function is named"}
    with tempfile.TemporaryDirectory(prefix="small-") as place, scripted_server(script()) as url:
        root = target.create(Path(place, "repo"), files(url))
        spent = {name: change(root, said) for name, said in chosen.items()}
    bars = (
        _most("planner calls", [each.calls["pro"] for each in spent.values()], PLANNER_CALLS, "calls"),
        _most("Flash calls", [each.calls["flash"] for each in spent.values()], FLASH_CALLS, "calls"),
        _most("tokens of the largest prompt", [each.largest for each in spent.values()], TOKENS, "tokens"),
    )
    figures = {name: {"tokens": round(each.largest), "cpu": each.cost.cpu} for name, each in spent.items()}
    return Report(suite="small", quick=quick, bars=bars, figures={"files": FILES, **figures})


def _most(name: str, values: list[float], limit: float, unit: str) -> Bar:
    return Bar(name=name, value=max(values), limit=limit, unit=unit)


def change(root: Path, sentence: str) -> Spent:
    """Have one sentence done; raises RuntimeError where it did not land."""
    cost = own_runs.run(root, ["-m", sentence], workers=1)
    folder, _ = own_runs.latest(root)
    with own_runs.store_of(folder) as store:
        if len(store.landings()) != 1:
            raise RuntimeError("the change did not land: nothing can be said of its cost")
    return Spent(calls=calls_of(folder), largest=largest(folder), cost=cost)


def calls_of(folder: RunFolder) -> Counter[str]:
    """Calls that were sent, by tier."""
    with _journal(folder) as journal:
        return Counter({tier: sum(c.sends for c in journal.calls() if c.tier == tier) for tier in ("pro", "flash")})


def largest(folder: RunFolder) -> float:
    """Tokens of the largest request."""
    with _journal(folder) as journal:
        return max(len(journal.blob(call.request_blob)) for call in journal.calls()) / CHARACTERS_PER_TOKEN


def _journal(folder: RunFolder) -> Journal:
    return Journal(folder.calls_db, clock=SystemClock(), redact=str)


def script() -> dict[str, Any]:
    """The same two replies to whatever is asked of a worker."""
    edit = {"name": "edit", "arguments": {"path": PATH, "old": OLD, "new": NEW}}
    first = [edit, {"name": "test", "arguments": {}}]
    last = [{"name": "submit", "arguments": {"summary": "in capitals"}}]
    return {
        "rules": [
            {"when": {"contains": "# Your task: T1 ", "turn": 0}, "calls": first},
            {"when": {"contains": "# Your task: T1 ", "turn": 1}, "calls": last},
        ],
        "otherwise": {"fault": "bad_request"},
    }


def files(url: str) -> dict[str, str]:
    """A repository as such go: many modules that import one another, tests, documents, rules for agents."""
    made = {
        "agentctl.toml": own_runs.settings(url, gates=cores()),
        "AGENTS.md": "# Rules\n\n" + "".join(f"- Rule {n}: keep functions of part {n:03} short.\n" for n in range(60)),
        "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    }
    count = FILES - len(made) - 2
    for number in range(count):
        part, place = divmod(number, FOLDER)
        if place < FOLDER * 4 // 5:
            made[f"src/part{part:03}/module{place:02}.py"] = _module(part, place)
        elif place < FOLDER - 1:
            made[f"docs/part{part:03}/page{place:02}.md"] = f"# Page {place} of part {part}\n\n" + "Some words. " * 60
        else:
            made[f"tests/test_part{part:03}.py"] = _test(part)
    return made


def _module(part: int, place: int) -> str:
    name = f"{part:03}_{place:02}"
    before = f"from part{part:03}.module{place - 1:02} import label_{part:03}_{place - 1:02}\n\n\n" if place else ""
    shown = f"label_{part:03}_{place - 1:02}(text)" if place else "text"
    return (
        f'"""Module {place} of part {part}: its labels and its sums."""\n\n{before}'
        f"def label_{name}(text):\n"
        f'    return f"label of {part:03}, {place:02}: {{text}}"\n\n\n'
        f"def before_{name}(text):\n    return {shown}\n\n\n"
        f"def sum_{name}(numbers):\n    total = {place}\n    for number in numbers:\n        total += number\n"
        "    return total\n"
    )


def _test(part: int) -> str:
    return (
        f"from part{part:03}.module01 import sum_{part:03}_01\n\n\n"
        f"def test_sum():\n    assert sum_{part:03}_01([1, 2]) == 4\n"
    )
