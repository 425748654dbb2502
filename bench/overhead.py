"""The suite ``overhead``: CPU per task, user and system time of the whole process tree, against two other agents.

Ours: 50 independent one-file tasks on a model that answers at once, planning, sandboxed gate and landings included; and
one task alone, with start-up. Theirs: one process a task, no gate, answers in their own formats from the same server.
The server's own time is nobody's. The other agents are installed at the first use, each in an environment of its own.
"""

import json
import statistics
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .parts import own_runs, peers, target
from .parts.processes import Cost, scripted_server
from .report import Bar, Report, cores

TASKS = 50
WORKERS = 16
SHARE_OF_FIFTY = 1 / 3
SHARE_OF_ONE = 1.5
SENTENCE = "Write src/t1.py, whose function value returns 1."
TESTS = """\
import importlib
from pathlib import Path

import pytest

NAMES = [path.stem for path in sorted(Path("src").glob("t*.py"))]


@pytest.mark.parametrize("name", NAMES)
def test_value(name):
    assert importlib.import_module(name).value() == int(name[1:])
"""


def run(*, quick: bool) -> Report:
    """Fifty tasks of ours, three times one alone, and five of each peer; quick: one alone, and two of each peer."""
    try:
        for peer in peers.PEERS:
            peers.install(peer)
    except peers.CannotInstall as error:
        return Report(suite="overhead", quick=quick, problems=(f"there is nothing to compare with: {error}",))
    fifty = many()
    alone = median(one() for _ in range(1 if quick else 3))
    theirs = {peer.name: median(costs_of(peer, count=2 if quick else 5)) for peer in peers.PEERS}
    better = min(theirs.values())
    bars = (
        Bar(
            name="CPU per task of fifty, over the better peer's",
            value=fifty / better,
            limit=SHARE_OF_FIFTY,
            unit="times",
        ),
        Bar(
            name="CPU of one task alone, over the better peer's", value=alone / better, limit=SHARE_OF_ONE, unit="times"
        ),
    )
    figures = {
        "tasks": TASKS,
        "calls_per_task": 1,
        "cpu_seconds_per_task": {"agentctl, fifty": fifty, "agentctl, one alone": alone, **theirs},
        "peers": [peers.versions(peer) for peer in peers.PEERS],
        "peer_processes": 2 if quick else 5,
    }
    return Report(suite="overhead", quick=quick, bars=bars, figures=figures)


def median(costs: Iterable[Cost]) -> float:
    """The median CPU seconds."""
    return statistics.median([cost.cpu for cost in costs])


def many() -> float:
    """Our CPU seconds per task over fifty."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as place, scripted_server(script()) as url:
        given = Path(place, "spec.md")
        given.write_text(spec(), encoding="utf-8")
        return _ours(Path(place, "repo"), [str(given)], url=url, landed=TASKS).cpu / TASKS


def one() -> Cost:
    """Ours for a sentence."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as place, scripted_server(script()) as url:
        return _ours(Path(place, "repo"), ["-m", SENTENCE], url=url, landed=1)


def _ours(root: Path, spec: list[str], *, url: str, landed: int) -> Cost:
    files = {"agentctl.toml": own_runs.settings(url, gates=cores()), "tests/test_values.py": TESTS}
    target.create(root, files)
    cost = own_runs.run(root, spec, workers=WORKERS)
    folder, _ = own_runs.latest(root)
    with own_runs.store_of(folder) as store:
        if len(store.landings()) != landed:
            raise RuntimeError(f"{len(store.landings())} of {landed} tasks landed: nothing can be said of their cost")
    return cost


def costs_of(peer: peers.Peer, *, count: int) -> list[Cost]:
    """That many tasks in one repository, one after the other."""
    with tempfile.TemporaryDirectory(prefix="overhead-") as place, scripted_server(peers.script()) as url:
        root = target.create(Path(place, "repo"))
        return [peers.run(peer, root, url=url, number=n, home=Path(place)) for n in range(1, count + 1)]


def script() -> dict[str, Any]:
    """Each worker writes its file and submits in one reply; the planner's plan has a task a file."""
    planner: Mapping[str, Any] = {"when": {"contains": "Cut this spec into tasks"}, "text": _plan()}
    workers = [
        {"when": {"contains": f"# Your task: T{number} "}, "calls": _calls(number)} for number in range(1, TASKS + 1)
    ]
    return {"rules": [planner, *workers], "otherwise": {"fault": "bad_request"}}


def _calls(number: int) -> list[dict[str, Any]]:
    module = f"def value():\n    return {number}\n"
    return [
        {"name": "write", "arguments": {"path": f"src/t{number}.py", "content": module}},
        {"name": "submit", "arguments": {"summary": "written"}},
    ]


def spec() -> str:
    """One requirement a file."""
    wanted = [f"- **R{number}** `t{number}.value()` MUST return {number}." for number in range(1, TASKS + 1)]
    return "\n".join(["# Fifty modules", "", "## Requirements", "", *wanted, ""])


def _plan() -> str:
    tasks = [
        {
            "id": f"T{number}",
            "team": f"team{number % 5}",
            "title": f"Write t{number}",
            "goal": f"Write src/t{number}.py, whose function value returns {number}.",
            "requirements": [f"R{number}"],
            "owns": [f"src/t{number}.py"],
            "needs": [],
            "minutes": 1,
        }
        for number in range(1, TASKS + 1)
    ]
    teams = [{"id": f"team{number}", "purpose": "a part"} for number in range(5)]
    return json.dumps({"summary": "Fifty modules", "teams": teams, "tasks": tasks, "notes": []})
