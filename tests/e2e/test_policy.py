"""A committed policy and a real run: files that no model reads, budgets that go no higher, models not asked."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.clock import SystemClock
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.git.opening import open_repository
from agentctl.orchestrator.nouns.keys import integration_branch
from agentctl.orchestrator.nouns.runs import RunSettings
from agentctl.orchestrator.store.folder import RunFolder
from agentctl.orchestrator.store.journal import Journal

from .conftest import SPEC, Repo, Said, script, store

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
SECRET = "zebra4711-hunter2"
HIDDEN = {
    "vault/keys.env": f"API_TOKEN={SECRET}\nOWNER = Grace-of-Zanzibar\n",
    "vault/plan.md": "We buy the island of Zanzibar in spring.\n",
}
TESTS = """\
import pathlib


def test_the_key_is_used():
    key = pathlib.Path("vault/keys.env").read_text()
    plan = pathlib.Path("vault/plan.md").read_text()
    if pathlib.Path("src/twice.py").exists():
        from twice import twice
        assert twice("a") == "a a", (key.split("=")[1], plan)
"""
LOOKS = (
    ScriptCall(name="read", arguments={"path": "vault/keys.env"}),
    ScriptCall(name="search", arguments={"pattern": "zebra|Zanzibar"}),
    ScriptCall(
        name="run", arguments={"command": "cat vault/*; git log -p | cat; git grep -i zebra; find . -name '*.env'"}
    ),
    ScriptCall(name="write", arguments={"path": "src/twice.py", "content": "def twice(text):\n    return text * 2\n"}),
    ScriptCall(name="test", arguments={}),
)


def commit(repo: Repo, files: dict[str, str]) -> None:
    for path, text in files.items():
        (repo.path / path).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / path).write_text(text)
        repo.git("add", path)
    repo.git("commit", "-q", "-m", "More")


def drive(folder: RunFolder, answer: Callable[[Asked], Answer]) -> str:
    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(answer, clock=around.clock), price=free, usd_per_call=None)

    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(), answers=choose)
    return asyncio.run(driver.drive(wait=False)).state


def journaled(folder: RunFolder) -> str:
    """Every request of a run as it is kept."""
    with Journal(folder.calls_db, clock=SystemClock(), redact=str, readonly=True) as journal:
        calls = journal.calls()
        return "\n".join(text for call in calls for text in (journal.blob(call.request_blob), call.reply or ""))


def test_no_request_ever_holds_what_is_never_sent(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    commit(
        repo,
        {
            **HIDDEN,
            "tests/test_vault.py": TESTS,
            "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
            "agentctl.toml": '[policy]\nnever_send = ["vault", "docs/*.png"]\n',
        },
    )
    (repo.path / "docs").mkdir()
    (repo.path / "docs/island.png").write_bytes(PNG)
    repo.git("add", "docs")
    repo.git("commit", "-q", "-m", "Picture")
    pictures: list[int] = []
    texts: list[str] = []

    def nosy(asked: Asked) -> Answer:
        pictures.append(len(asked.pictures))
        texts.append(asked.text)
        if asked.call.startswith("T2/") and asked.turn == 0:
            return Answer(calls=LOOKS)
        if asked.call.startswith("T2/") and asked.turn == 1:
            return Answer(calls=(ScriptCall(name="submit", arguments={"summary": "done"}),))
        if asked.call.startswith("T2/") and asked.turn == 2:
            right = {"path": "src/twice.py", "content": 'def twice(text):\n    return f"{text} {text}"\n'}
            calls = [ScriptCall(name="write", arguments=right)]
            calls.append(ScriptCall(name="run", arguments={"command": "mkdir -p vault && echo mine > vault/keys.env"}))
            return Answer(calls=(*calls, ScriptCall(name="submit", arguments={"summary": "done"})))
        if asked.call.startswith("T2/") and asked.turn == 3:
            assert "vault/keys.env` is kept by the repository's policy" in asked.last
            undo = ScriptCall(name="run", arguments={"command": "rm -r vault"})
            return Answer(calls=(undo, ScriptCall(name="submit", arguments={"summary": "done"})))
        return script(asked)

    folder = repo.prepare(spec=SPEC.replace("in capitals.", "in capitals. ![it](docs/island.png)"))
    assert drive(folder, nosy) == "done"
    text = "\n".join([*texts, journaled(folder)])
    assert "test_the_key_is_used" in text
    assert "[withheld]" in text
    for part in (SECRET, "zebra4711", "Zanzibar", "island of"):
        assert part not in text.replace("zebra|Zanzibar", ""), part
    assert set(pictures) == {0}
    tip = integration_branch(folder.run)
    for path, content in HIDDEN.items():
        assert repo.git("show", f"{tip}:{path}") == content.strip()
    with store(folder) as tables:
        reasons = [reason for event in tables.events() for reason in getattr(event.fact, "reasons", ())]
    assert SECRET not in " ".join(reasons)


def test_the_budget_and_the_autonomy_go_no_higher_than_the_policy(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make_repo("repo")
    commit(repo, {"agentctl.toml": '[policy]\nusd_per_run = 2\nautonomy = "ask-always"\n'})
    folder = repo.prepare()
    assert "the budget is $2.00, not $5.00: the policy allows no more." in capsys.readouterr().err
    with store(folder) as tables:
        settings = tables.run().settings
    assert (settings.limits.usd, settings.autonomy, settings.approve) == (2, "ask-always", False)
    refused = agentctl(repo, "budget", "--run", folder.run, "+1")
    assert refused.code == 2
    assert "the repository's policy allows $2" in refused.err


def test_a_work_tree_tightens_and_never_loosens(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    commit(repo, {"agentctl.toml": "[policy]\nusd_per_run = 2\n"})
    for here, usd in (("usd_per_run = 9", 2), ("usd_per_run = 1", 1), ("", 2)):
        (repo.path / "agentctl.toml").write_text(f"[policy]\n{here}\n")
        with store(repo.prepare()) as tables:
            assert tables.run().settings.limits.usd == usd
    (repo.path / "agentctl.toml").unlink()
    with store(repo.prepare()) as tables:
        assert tables.run().settings.limits.usd == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[policy]\nusd_per_rnu = 2\n", "`policy.usd_per_rnu` is not known"),
        ("[policy]\nusd_per_run = -2\n", "`policy.usd_per_run` cannot be -2"),
        ("policy = 3\n", "`policy` is a table"),
        ("[policy\n", "is not valid TOML"),
        ('[policy]\nnever_send = ["../x"]\n', "the glob has an empty"),
    ],
)
def test_a_committed_policy_that_cannot_be_read_lets_nothing_start(
    make_repo: Callable[[str], Repo], text: str, words: str
) -> None:
    repo = make_repo("repo")
    commit(repo, {"agentctl.toml": text})
    (repo.path / "agentctl.toml").unlink()
    with pytest.raises(SettingsError) as error:
        repo.prepare()
    assert words in str(error.value)
    assert not list(repo.path.glob(".agentctl/runs/*"))


def test_a_policy_of_another_commit_holds_where_the_caller_says_so(make_repo: Callable[[str], Repo]) -> None:
    repo = make_repo("repo")
    commit(repo, {"agentctl.toml": "[policy]\nusd_per_run = 2\n"})
    base = repo.git("rev-parse", "HEAD")
    commit(repo, {"agentctl.toml": "[policy]\nusd_per_run = 99\n"})
    settings = RunSettings(profile="scripted", repo=str(repo.path))
    head = repo.git("rev-parse", "HEAD")
    folder = wiring.prepare(repo.path, SPEC, "s", settings, wiring.Extras(base=head, settings_at=base))
    with store(folder) as tables:
        assert tables.run().settings.limits.usd == 2


def test_models_of_a_provider_that_is_not_allowed_are_refused_by_name(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo = make_repo("repo")
    commit(repo, {"agentctl.toml": '[policy]\nproviders = ["anthropic"]\n'})
    monkeypatch.setenv("GEMINI_API_KEY", "x" * 12)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "x" * 12)
    spec = tmp_path / "shout.md"
    spec.write_text(SPEC)
    refused = agentctl(repo, "run", str(spec), "--profile", "gemini", "--no-input", "--no-wait")
    assert refused.code == 2
    assert "allows models of anthropic only, and not gemini/" in refused.err
    (repo.path / "agentctl.toml").write_text(
        '[policy]\nproviders = ["anthropic"]\n[models]\n'
        'flash = ["anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"]\n'
    )
    refused = agentctl(repo, "run", str(spec), "--profile", "anthropic", "--no-input", "--no-wait")
    assert refused.code == 2
    assert "gemini/gemini-2.5-flash" in refused.err
    assert not list(repo.path.glob(".agentctl/runs/*"))


def test_a_run_is_not_gone_on_with_once_its_provider_is_not_allowed_any_more(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "x" * 12)
    repo = make_repo("repo")
    settings = RunSettings(profile="anthropic", repo=str(repo.path))
    folder = wiring.prepare(repo.path, SPEC, "s", settings, wiring.Extras())
    commit(repo, {"agentctl.toml": '[policy]\nproviders = ["gemini", "ollama"]\n'})
    refused = agentctl(repo, "resume", folder.run)
    assert refused.code == 2
    assert "allows models of gemini, ollama only, and not anthropic/" in refused.err


def test_no_variable_of_the_environment_is_a_policy(
    make_repo: Callable[[str], Repo], agentctl: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo = make_repo("repo")
    monkeypatch.setenv("AGENTCTL_POLICY_USD_PER_RUN", "100")
    spec = tmp_path / "shout.md"
    spec.write_text(SPEC)
    refused = agentctl(repo, "run", str(spec), "--no-input")
    assert refused.code == 2
    assert "a policy is committed" in refused.err


def test_a_tree_with_a_veil_reads_as_if_the_files_were_not_there(make_repo: Callable[[str], Repo]) -> None:
    from agentctl.orchestrator.veil import veiled

    repo = make_repo("repo")
    commit(repo, HIDDEN)

    async def look() -> tuple[list[str], str, list[str]]:
        git = open_repository(repo.path)
        seen = veiled(git, ("VAULT/*.env",))
        old = await git.tree_of(repo.git("rev-parse", "HEAD~1"))
        new = await git.tree_of(repo.git("rev-parse", "HEAD"))
        return list(await seen.entries(new)), await seen.diff(old, new), sorted(await seen.changed(old, new))

    entries, diff, changed = asyncio.run(look())
    assert entries == ["README.md", "vault/plan.md"]
    assert SECRET not in diff
    assert "Zanzibar in spring" in diff
    assert changed == ["vault/plan.md"]
