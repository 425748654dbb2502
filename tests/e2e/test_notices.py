"""A run that nobody attends: who is away is told of its question, answers by a signed POST, and is told of its end."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from agentctl.agents.caller import free
from agentctl.agents.models.port import Json
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings, answering
from agentctl.cli.driving import Manner, drive
from agentctl.cli.notices.receiving import routes
from agentctl.cli.notices.telling import Notices
from agentctl.cli.notices.wanted import Wanted
from agentctl.cli.notices.webhook import WebhookChannel, signed
from agentctl.cli.recorded import answers_of
from agentctl.orchestrator.nouns.notices import HumanNeeded
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.rules.notices import Patience
from agentctl.orchestrator.store.folder import RunFolder
from aiohttp import web

from ..notices.conftest import SECRET, Receiver, receiver
from .conftest import SPEC, Repo, script, store

__all__ = ["receiver"]


def asking(asked: Asked) -> Answer:
    """T1 asks what only a person knows; nothing else does."""
    task, _, _, role, *_ = asked.call.split("/")
    if role == "critic":
        return Answer(text='{"claims": [], "advice": []}')
    if task == "T1" and asked.turn == 0:
        options: Json = [{"text": "keep it"}, {"text": "drop it"}]
        question: dict[str, Json] = {"question": "What of accents?", "why": "R1 is silent.", "options": options}
        return Answer(calls=(ScriptCall(name="ask", arguments={**question, "recommended": 1}),))
    return script(asked)


def scripted(_: RunSettings, around: Surroundings) -> Answering:
    return Answering(model=ScriptedModel(asking, clock=around.clock), price=free, usd_per_call=None)


@pytest.fixture
def answer(make_repo: Callable[[str], Repo]) -> Iterator[tuple[Repo, Callable[[Mapping[str, object]], httpx.Response]]]:
    """A repository, and what posts a signed answer to a server that takes those of its runs."""
    repo = make_repo("repo")
    loop, ports = asyncio.new_event_loop(), list[int]()

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.add_routes(routes(repo.path, Wanted(answers=True), environ={"AGENTCTL_NOTIFY_SECRET": SECRET}))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ports.append(runner.addresses[0][1])
        return runner

    runner = loop.run_until_complete(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def post(given: Mapping[str, object]) -> httpx.Response:
        body = json.dumps(given).encode()
        headers = signed(SECRET, f"answer_{given['key']}", body)
        return httpx.post(f"http://127.0.0.1:{ports[0]}/answer", content=body, headers=headers, trust_env=False)

    yield repo, post
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def driven(
    repo: Repo, manner: Manner, *, record: Path | None = None, replay: Path | None = None
) -> tuple[int, RunFolder]:
    """A run driven as `agentctl run` drives it."""
    settings = RunSettings(
        profile="scripted",
        repo=str(repo.path),
        approve=True,
        record=str(record) if record else None,
        replay=str(replay) if replay else None,
    )
    folder = wiring.prepare(repo.path, SPEC, "shout", settings, wiring.Extras())
    choose = answering if replay else scripted
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    return drive(lambda: driver, folder, manner), folder


def told(folder: RunFolder) -> list[tuple[str, tuple[str, ...]]]:
    with store(folder) as tables:
        facts = [event.fact for event in tables.events() if isinstance(event.fact, HumanNeeded)]
        return [(fact.about, fact.questions) for fact in facts]


def test_a_person_who_is_away_is_told_once_answers_and_the_run_goes_on(
    answer: tuple[Repo, Callable[[Mapping[str, object]], httpx.Response]],
    receiver: Receiver,
    make_repo: Callable[[str], Repo],
    tmp_path: Path,
) -> None:
    repo, post = answer
    replies: list[tuple[int, Any]] = []

    def attend() -> None:
        receiver.wait_for(1)
        data = receiver.documents()[0]["data"]
        (question,) = data["questions"]
        given = {"run": data["run"], "question": question["id"], "key": question["key"], "answer": "1", "by": "ada"}
        for _ in range(2):
            response = post(given)
            replies.append((response.status_code, response.json()))

    person = threading.Thread(target=attend)
    person.start()
    channel = WebhookChannel(address=receiver.address, secret=SECRET)
    notices = Notices(channels=(channel,), patience=Patience(stands=0.1))
    manner = Manner(progress="quiet", wait=True, ask=False, author="person:Ada", notices=notices)
    recording = tmp_path / "recording.jsonl"
    code, folder = driven(repo, manner, record=recording)
    person.join()

    assert code == 0
    name = folder.run
    assert replies == [
        (200, {"taken": f"Q1 of run {name}: keep it", "next": ""}),
        (409, {"error": "this message was taken before: a new answer needs a new message"}),
    ]
    assert told(folder) == [("question", ("Q1",)), ("done", ())]
    notice, end = receiver.documents()
    assert (notice["data"]["why_now"], notice["data"]["questions"][0]["silence"]) == ("work waits for it", "waits")
    assert (end["data"]["text"], end["data"]["state"]) == ("the run is done", "done")
    with store(folder) as tables:
        (asked,) = tables.questions()
        assert (asked.answer, asked.answered_by) == ("keep it", "person:webhook:ada")
        tree = repo.git("rev-parse", f"agentctl/{name}/all^{{tree}}")

    again = make_repo("again")
    attended = Manner(
        progress="quiet", wait=True, ask=False, author="person:Bob", recorded=answers_of(recording), notices=notices
    )
    code, replayed = driven(again, attended, replay=recording)
    assert (code, told(replayed), len(receiver.came)) == (0, [], 2)
    assert again.git("rev-parse", f"agentctl/{replayed.run}/all^{{tree}}") == tree


def test_a_run_that_stops_at_its_question_is_told_of_once_with_it(make_repo: Callable[[str], Repo]) -> None:
    manner = Manner(progress="quiet", wait=False, ask=False, author="person:Ada", notices=Notices())
    code, folder = driven(make_repo("repo"), manner)
    assert code == 3
    assert told(folder) in ([("waiting", ("Q1",))], [("question", ("Q1",)), ("waiting", ())])
