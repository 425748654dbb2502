from collections.abc import Callable
from dataclasses import replace
from typing import Any

from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.evidence.run import Earlier, Proven, prove_run
from agentctl.orchestrator.evidence.statuses import Circumstances, verdict
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import Plan, Task, Team
from agentctl.orchestrator.nouns.runs import Landing
from agentctl.specs.lock import Lock
from agentctl.specs.parse import parse

Call = Callable[..., Any]

SPEC = """\
# shop

- **R1** `price(n)` in `src/price.py` MUST be 10 each.
- **R2** `tax(n)` in `src/price.py` MUST be 2 each.
- **R3** `later(n)` in `src/later.py` MUST be there.
- **I1** `old(x)` in `src/old.py` MUST be x doubled.

```python R1
from price import price
assert price(3) == 30
```

```python R1 holdout
from price import price
assert price(4) == 40
```

```python R2
from price import tax
assert tax(1) or True
```

```python R3
from later import later
assert later(1) == 1
```

```python I1
from old import old
assert old(2) == 4
```
"""
PRICE = "def price(n):\n    return n * 10\n\n\ndef tax(n):\n    return n * 2\n"
OLD = "def old(x):\n    return x + x\n"


def task(name: str, *checks: str) -> Task:
    return Task(id=name, team="core", title=name, goal=name, checks=checks)


PLAN = Plan(
    summary="",
    teams=(Team(id="core", purpose=""),),
    tasks=(task("T1", "R1.c1", "R1.c2", "I1.c1"), task("T2", "R2.c1"), task("T3", "R3.c1")),
)


async def _proven(git: Repository, gate: PytestGate, tree: Call, *, seconds: float) -> tuple[Proven, str]:
    async def commit(files: dict[str, str], *parents: str) -> str:
        return await git.commit(tree=await tree(files), parents=parents, message="x", at=1.0)

    base = await commit({"src/old.py": OLD})
    tip = await commit({"src/old.py": "def old(x):\n    return x * 2\n", "src/price.py": PRICE}, base)
    landings = [
        Landing(order=n, key=AttemptKey(task=name), commit=tip, tree=await git.tree_of(tip), patch=tip, at=1.0)
        for n, name in enumerate(["T1", "T2"], 1)
    ]
    found = await prove_run(
        parse(SPEC, name="shop.md"),
        keys={"R1": "k1", "R2": "k2"},
        plan=PLAN,
        landings=landings,
        tip=tip,
        base=base,
        git=git,
        bench=gate,
        clock=SystemClock(),
        slots=2,
        seconds=seconds,
    )
    return found, tip


async def test_a_run_proves_the_checks_of_what_has_landed(git: Repository, gate: PytestGate, tree: Call) -> None:
    found, tip = await _proven(git, gate, tree, seconds=600)
    levels = {(each.requirement, each.check): each.level for each in found.evidence}
    assert levels == {("R1", "R1.c1"): "V2", ("R1", "R1.c2"): "V3", ("R2", "R2.c1"): "V1", ("I1", "I1.c1"): "V2"}
    assert {(each.task, each.requirement_key) for each in found.evidence} == {("T1", "k1"), ("T1", ""), ("T2", "k2")}
    assert {each.commit for each in found.evidence} == {tip}
    assert {row.check: (row.base, row.touched) for row in found.rows} == {
        "R1.c1": ("red", ("src/price.py",)),
        "R1.c2": ("red", ("src/price.py",)),
        "R2.c1": ("red", ("src/price.py",)),
        "I1.c1": ("green", ("src/old.py",)),
    }
    assert all(row.env == gate.environment for row in found.rows)


async def test_without_time_nothing_is_claimed_beyond_v1(git: Repository, gate: PytestGate, tree: Call) -> None:
    found, _ = await _proven(git, gate, tree, seconds=0)
    assert {each.level for each in found.evidence} == {"V1"}
    assert not any(proof.enough for proof in found.proofs)


async def test_a_run_and_verify_say_the_same_of_a_shared_check(git: Repository, gate: PytestGate, tree: Call) -> None:
    text = SPEC.replace("```python R2", "```python R2 R1").replace("tax(1) or True", "tax(1) == 2")
    base, tip = [
        await git.commit(tree=await tree(files), parents=(), message="x", at=1.0)
        for files in ({}, {"src/price.py": PRICE})
    ]
    spec = parse(text, name="shop.md")
    landing = Landing(order=1, key=AttemptKey(task="T2"), commit=tip, tree=await git.tree_of(tip), patch=tip, at=1.0)
    found = await prove_run(
        spec, keys={}, plan=PLAN, landings=[landing], tip=tip, base=base, git=git, bench=gate, clock=SystemClock()
    )
    assert {each.requirement: each.level for each in found.evidence} == {"R2": "V2", "R1": "V1"}
    (row,) = found.rows
    assert (row.level, row.kills) == ("V2", {"R2": row.killed})
    around = Circumstances(stale={}, waived={})
    levels = {item: verdict(spec.items[item], found.proofs, around).level for item in ("R1", "R2")}
    assert levels == {"R1": "V1", "R2": "V2"}


async def test_what_an_earlier_run_proved_is_taken_over_where_nothing_changed_and_proven_again_elsewhere(
    git: Repository, gate: PytestGate, tree: Call
) -> None:
    before, base = await _proven(git, gate, tree, seconds=600)
    lock = replace(Lock(spec_id="shop"), evidence=before.rows)
    files = {"src/old.py": OLD.replace("x + x", "x * 2"), "src/price.py": PRICE + "\n\nMORE = 1\n"}
    tip = await git.commit(
        tree=await tree({**files, "src/later.py": "def later(n):\n    return n\n"}), parents=[base], message="x", at=1.0
    )
    landing = Landing(order=1, key=AttemptKey(task="T3"), commit=tip, tree=await git.tree_of(tip), patch=tip, at=1.0)

    async def again(*requirements: str, seconds: float = 600) -> Proven:
        return await prove_run(
            parse(SPEC, name="shop.md"),
            keys={},
            plan=PLAN,
            landings=[landing],
            tip=tip,
            base=base,
            git=git,
            bench=gate,
            clock=SystemClock(),
            earlier=Earlier(lock=lock, requirements=frozenset(requirements)),
            seconds=seconds,
        )

    found = await again("R1", "I1")
    levels = {(each.requirement, each.check, each.task): each.level for each in found.evidence}
    assert levels == {
        ("R3", "R3.c1", "T3"): "V2",
        ("R1", "R1.c1", "T1"): "V2",
        ("R1", "R1.c2", "T1"): "V3",
        ("I1", "I1.c1", "T1"): "V2",
    }
    assert {each.commit for each in found.evidence} == {tip}
    assert {proof.check for proof in found.proofs if proof.remembered} == {"I1.c1"}
    rows = {row.check: (row.base, row.commit) for row in found.rows}
    assert rows == {"R1.c1": ("red", base), "R1.c2": ("red", base), "R3.c1": ("red", tip)}
    late = await again("R1", "I1", seconds=0)
    assert {row.check for row in late.rows} == {"R3.c1"}
    assert {each.requirement for each in (await again()).evidence} == {"R3"}
