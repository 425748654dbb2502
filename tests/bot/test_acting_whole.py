"""From a comment to commits: a forge in memory, real git, drivers that outlive the bot, a scripted model server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.bench.parts.own_runs import settings
from agentctl.bench.parts.small import ASKED, SPEC, script
from agentctl.bench.scripted import Rules
from agentctl.bench.scripted.server import serve

from .acts import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-nobody")
    found = World(tmp_path)
    yield found
    found.end()


async def test_an_issue_is_built_to_its_end_its_question_is_answered_there_and_an_edit_goes_on_from_that(
    world: World,
) -> None:
    async with serve(Rules(script())) as server:
        world.push("main", {"agentctl.toml": settings(server.url, gates=2), "README.md": "five\n"})
        issue = world.forge.issue_by("ada", "Five small modules", SPEC)
        told = await world.say("ada", issue.number, "Please.\n/agentctl run")
        run = world.run.run
        assert told == f"run: run {run}"
        assert world.replies(issue.number) == []
        assert len(world.forge.reactions) == 1
        with world.store() as store:
            await world.until(lambda: bool(store.questions(only_open=True)), what="asked")
            (asked,) = store.questions(only_open=True)
            assert asked.question.text == ASKED
            await world.until(lambda: not world.drivers.is_driven(world.run), what="waits")
            launches = len(world.launches)
            await world.acting.revive()
            assert len(world.launches) == launches
            assert await world.say("bob", issue.number, f"/agentctl answer {asked.id} 1") != ""
            await world.until(lambda: store.run().state == "done", what="done")
            assert {each.author for each in store.events() if each.author.startswith("person:")} == {
                "person:ada",
                "person:bob",
            }
        edited = SPEC.replace("returns, plus 3.", "returns, plus 3, always.")
        world.forge.issues[issue.number] = replace(issue, body=edited)
        await world.say("ada", issue.number, "/agentctl run")
        with world.store() as store:
            assert store.run().id != run
            await world.until(lambda: any(each.answer for each in store.questions()), what="taken over")
            taken = store.questions()[0]
            assert (taken.question.text, taken.answer, taken.answered_by) == (ASKED, "no", "policy:earlier run")
            await world.say("ada", issue.number, "/agentctl cancel")
            await world.until(lambda: store.run().state == "cancelled", what="cancelled")
    branch = f"agentctl/{run}/all"
    assert world.git(world.root, "show", f"{branch}:src/t1.py") == "def value():\n    return 1"
    assert world.git(world.root, "log", "-1", "--format=%an", branch) == "agentctl[bot]"
    heads = world.git(world.root, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    assert set(heads.splitlines()) <= {branch, f"agentctl/{world.run.run}/all"}
    assert sorted(path.name for path in world.root.iterdir()) == [".agentctl", ".git"]
