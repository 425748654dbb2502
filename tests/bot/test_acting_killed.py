"""The bot is killed after every single effect and begun again with the same message: all ends the same, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from agentctl.orchestrator import faults
from agentctl.orchestrator.nouns.events import AttemptStarted, QuestionAsked, RunMoved
from agentctl.orchestrator.nouns.happenings import Delivery, Remarked
from agentctl.orchestrator.nouns.keys import AttemptKey

from .acts import QUESTION, SPEC, TOML, Driven, Killed, World

STARTED = AttemptStarted(key=AttemptKey(task="T1"), rung="flash", base_tree="t" * 40)


@dataclass
class Death:
    """Kills at the n-th effect; counts them."""

    at: int
    reached: list[str] = field(default_factory=list)

    def strike(self, name: str) -> None:
        self.reached.append(name)
        if len(self.reached) == self.at:
            raise Killed(name)


@pytest.fixture(autouse=True)
def disarmed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    yield
    faults.arm(None)


async def asked(world: World) -> Delivery:
    world.push("main", {"agentctl.toml": TOML})
    issue = world.forge.issue_by("ada", "Two modules", SPEC)
    return world.comment("ada", issue.number, "/agentctl run\n/agentctl status")


async def answered(world: World) -> Delivery:
    number = await world.built(STARTED, QuestionAsked(question=QUESTION), RunMoved(state="waiting"))
    words = "/agentctl answer Q1 2\n/agentctl budget +5\n/agentctl retry T1 --rung pro\n/agentctl cancel T2"
    return world.comment("bob", number, words)


async def remarked(world: World) -> Delivery:
    await world.built(RunMoved(state="done"))
    branch = f"agentctl/{world.run.run}/core"
    world.push(branch, {"src/t1.py": "x\n"})
    pull = await world.pull_by(world.forge.me, branch)
    remark = world.remark("bob", pull.number, "Please name it `one`.")
    return world.delivery(Remarked(number=pull.number, remark=remark), remark)


async def refused(world: World) -> Delivery:
    number = await world.built()
    return world.comment("ada", number, "/agentctl undo T1\n/agentctl approve")


def end_of(world: World) -> dict[str, Any]:
    """All that a person could see of it, and what the run was told."""
    with world.store() as store:
        facts = [(type(each.fact).__name__, each.author) for each in store.events()]
        answers = [(each.id, each.answer, each.answered_by) for each in store.questions()]
        money, amended = store.budget_raised(), [each.text for each in store.hands().amendments]
    return {
        "threads": [(each.run, each.number, each.by) for each in world.book.threads(also_over=True)],
        "runs": sorted(path.name for path in (world.root / ".agentctl" / "runs").iterdir()),
        "facts": facts,
        "answers": answers,
        "money": money,
        "amended": amended,
        "said": {number: [_shape(each) for each in world.replies(number)] for number in sorted(world.forge.said)},
        "reactions": sorted(world.forge.reactions),
    }


def _shape(reply: str) -> tuple[int, str]:
    """How many blocks a reply has and its marker: only the words of a hand that was put down before may differ."""
    return reply.count("```text"), reply.splitlines()[-1]


async def life(place: Path, scene: Callable[[World], Any], *, at: int) -> tuple[dict[str, Any], Death]:
    place.mkdir()
    world = World(place, launch=lambda _: Driven())
    delivery, death = await scene(world), Death(at)
    faults.arm(death.strike)
    world.forge.before = world.forge.after = death.strike
    try:
        await world.acting.act(delivery)
    except Killed:
        world.end()
        world.begin()
    await world.acting.act(delivery)
    faults.arm(None)
    found = end_of(world)
    world.end()
    return found, death


@pytest.mark.parametrize("scene", [asked, answered, remarked, refused])
async def test_whoever_is_killed_after_any_effect_comes_back_and_ends_the_same(
    tmp_path: Path, scene: Callable[[World], Any]
) -> None:
    whole, undisturbed = await life(tmp_path / "whole", scene, at=0)
    assert len(undisturbed.reached) > 6
    for at in range(1, len(undisturbed.reached) + 1):
        found, death = await life(tmp_path / f"{at}", scene, at=at)
        assert found == whole, f"killed at {death.reached[at - 1]} ({at})"
