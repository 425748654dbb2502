"""A run whose spec shows pictures: who is sent which of them, and what a person is told."""

import asyncio
from collections.abc import Callable

from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.nouns.events import Noted
from agentctl.orchestrator.nouns.runs import RunSettings

from .conftest import SPEC, Repo, script, store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
SHOWN = SPEC.replace("in capitals.", "in capitals. ![loud](docs/loud.png)").replace(
    "# shout\n", "# shout\n\n![all of it](docs/all.png) ![not there](gone.png)\n"
)


def test_the_planner_and_the_workers_concerned_are_sent_what_is_committed(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    (repo.path / "docs").mkdir()
    for name, end in (("all", b"all"), ("loud", b"loud")):
        (repo.path / f"docs/{name}.png").write_bytes(PNG + end)
    repo.git("add", "docs")
    repo.git("commit", "-q", "-m", "Pictures")
    sent: dict[str, int] = {}

    def watched(asked: Asked) -> Answer:
        sent[asked.call.split("/")[0]] = len(asked.pictures)
        return script(asked)

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(watched, clock=around.clock), price=free, usd_per_call=None)

    folder = repo.prepare(spec=SHOWN)
    for _ in range(2):
        driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose)
        assert asyncio.run(driver.drive(wait=False)).state == "done"
    assert sent == {"plan": 2, "T1": 2, "T2": 1, "T3": 1}
    with store(folder) as tables:
        notes = [event.fact.text for event in tables.events() if isinstance(event.fact, Noted)]
    [note] = notes
    assert note == (
        "pictures of the spec that models are not shown:\n"
        "  gone.png (line 3): it is not in the commit that the run starts from; commit it"
    )
