"""A lead's answer in memory: a test for each requirement that is asked for, a stub for each task, some of it flawed."""

import random
import re

from ...orchestrator.nouns.keys import CallKey

UNREADABLE = 0.15
"""Share of answers that are no contract."""
FLAWED = 0.4
"""Share of the files in a first answer that no contract may hold."""
_WANTED = re.compile(r"^- (R\d+) \(.*?\), for (T\d+): ", re.MULTILINE)


def api(task: str) -> str:
    """The file that a simulated task offers; nobody has to fill it."""
    return f"api/{task}.py"


def drafted(key: CallKey, asked: str, chance: random.Random) -> dict[str, object]:
    """The answer to a lead's request, of which only the wanted requirements matter."""
    if chance.random() < UNREADABLE:
        return {"stubs": "none"}
    team = key.attempt.task.removeprefix("team-")
    flawed = FLAWED if key.turn == 0 else FLAWED / 4
    tests = [
        _test(team, task, requirement, sound=chance.random() >= flawed) for requirement, task in _WANTED.findall(asked)
    ]
    stubs = [_stub(task, sound=chance.random() >= flawed) for _, task in _WANTED.findall(asked)]
    return {"stubs": stubs, "tests": tests, "notes": []}


def _test(team: str, task: str, requirement: str, *, sound: bool) -> dict[str, object]:
    claim = f'assert open("src/{task}.txt").read()' if sound else "assert True"
    text = f"def test_{task}():\n    {claim}\n"
    path = f"tests/test_{team}_{task}.py"
    return {"task": task, "requirements": [requirement], "path": path, "text": text, "preserve": False}


def _stub(task: str, *, sound: bool) -> dict[str, object]:
    body = "..." if sound else "return 1"
    return {"task": task, "path": api(task), "text": f"def made_by_{task}() -> int:\n    {body}\n"}
