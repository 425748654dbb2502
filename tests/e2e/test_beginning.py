"""What a run's base has to be able to do before anything is paid for."""

import asyncio
from collections.abc import Callable

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.errors import RepositoryError
from agentctl.orchestrator.nouns.runs import RunSettings

from .conftest import Repo, store

PLUGGED = 'pytest_plugins = ["plug"]\n\n\ndef test_a(seven):\n    assert seven == 7\n'
PLUG = (
    "import pytest\n\n\n@pytest.fixture\ndef seven():\n    return 7\n\n\n"
    "def pytest_runtest_setup(item):\n    item.user_properties.append(('seen', 1))\n"
)


def committed(repo: Repo, files: dict[str, str]) -> Repo:
    for path, text in files.items():
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_text(text)
        repo.git("add", path)
    repo.git("commit", "-q", "-m", "More")
    return repo


def test_a_base_whose_tests_do_not_end_stops_the_run_before_the_first_call(make_repo: Callable[[str], Repo]) -> None:
    files = {"tests/conftest.py": "import pytest\n\n\ndef pytest_sessionstart():\n    pytest.exit('no database')\n"}
    folder = committed(make_repo("repo"), files).prepare()
    asked: list[str] = []

    def script(one: Asked) -> Answer:
        asked.append(one.call)
        return Answer(text="")

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    with pytest.raises(RepositoryError, match="no work could be judged: the test session was interrupted") as stopped:
        asyncio.run(driver.drive(wait=False))
    assert "Mend that and commit it" in str(stopped.value)
    assert stopped.value.exit_code == 2
    assert asked == []


def test_hooks_that_come_with_the_tests_of_the_base_let_work_land(make_repo: Callable[[str], Repo]) -> None:
    repo = committed(make_repo("repo"), {"tests/test_plugged.py": PLUGGED, "src/plug.py": PLUG})
    folder = repo.prepare()
    assert repo.drive(folder).state == "done"
    with store(folder) as tables:
        assert [landing.key.task for landing in tables.landings()][-1] == "T3"
