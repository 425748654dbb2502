"""A spec of invariants alone: the code changes, what it does is kept, and a check would notice if it were not."""

import asyncio
import json
from collections.abc import Callable

from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.nouns.runs import RunSettings

from .conftest import Repo, store

SPEC = """\
# prices: one place for the rounding

`src/prices.py` rounds in two places; put the rounding into a function of its own.

- **I1** `net(cents)` in `src/prices.py` MUST return 84 for 100.
- **I2** `gross(cents)` in `src/prices.py` MUST return 119 for 100.

```python I1
from prices import net
assert net(100) == 84
```

```python I2
from prices import gross
assert gross(100) == 119
```
"""
OLD = "def net(cents):\n    return round(cents / 1.19)\n\n\ndef gross(cents):\n    return round(cents * 1.19)\n"
NEW = (
    "def rounded(amount):\n    return round(amount)\n\n\n"
    "def net(cents):\n    return rounded(cents / 1.19)\n\n\ndef gross(cents):\n    return rounded(cents * 1.19)\n"
)
PLAN = {
    "summary": "one function more",
    "teams": [{"id": "prices", "purpose": "prices"}],
    "tasks": [
        {
            "id": "T1",
            "team": "prices",
            "title": "One place for the rounding",
            "goal": "Add rounded() to src/prices.py and use it in net and gross.",
            "requirements": ["I1", "I2"],
            "owns": ["src/prices.py"],
            "needs": [],
            "minutes": 1.0,
        }
    ],
    "notes": [],
}


def script(asked: Asked) -> Answer:
    if asked.call.startswith("plan/"):
        return Answer(text=json.dumps(PLAN))
    wrote = ScriptCall(name="write", arguments={"path": "src/prices.py", "content": NEW})
    return Answer(calls=(wrote, ScriptCall(name="submit", arguments={"summary": "done"})))


def choose(_: RunSettings, around: Surroundings) -> Answering:
    return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)


def test_what_was_to_be_kept_is_shown_to_be_kept(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    (repo.path / "src").mkdir()
    (repo.path / "src/prices.py").write_text(OLD)
    repo.git("add", "src")
    repo.git("commit", "-qm", "Prices")
    settings = RunSettings(profile="scripted", repo=str(repo.path), approve=True)
    folder = wiring.prepare(repo.path, SPEC, "prices.md", settings, wiring.Extras())
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose)
    assert asyncio.run(driver.drive(wait=False)).state == "done"
    with store(folder) as tables:
        assert {(each.requirement, each.level) for each in tables.evidence()} == {("I1", "V2"), ("I2", "V2")}
    assert "def rounded" in repo.git("show", f"agentctl/{folder.run}/all:src/prices.py")
