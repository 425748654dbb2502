"""What a spec allows beforehand, on real trees and through the tree policy."""

from collections.abc import Callable

from agentctl.orchestrator.allowance import allowance
from agentctl.orchestrator.git.repository import Repository
from agentctl.orchestrator.nouns.keys import AttemptKey
from agentctl.orchestrator.nouns.plan import SpecView, Task
from agentctl.orchestrator.ports import Job
from agentctl.orchestrator.rules.guarded import guarded_for
from agentctl.orchestrator.rules.permission import Said
from agentctl.orchestrator.rules.tree_policy import violations

BEFORE = '[project]\nname = "x"\ndependencies = []\n'
AFTER = BEFORE.replace("[]", '["httpx"]')


def job(base: str, *, forbid: tuple[str, ...] = (), deps: tuple[str, ...] = (), paths: tuple[str, ...] = ()) -> Job:
    spec = SpecView(
        id="s", digest="", title="", text="", requirements=(), forbid=forbid, allow_deps=deps, allow_paths=paths
    )
    task = Task(id="T1", team="a", title="t", goal="g", owns=("src/**", "web/**"))
    return Job(key=AttemptKey(task="T1"), task=task, spec=spec, rung="flash", base_tree=base)


async def refused(
    repository: Repository, commit: Callable[[dict[str, str | None]], str], files: dict[str, str | None], **said: object
) -> tuple[str, ...]:
    before = await repository.tree_of(
        commit({"pyproject.toml": BEFORE, "web/package.json": "{}", "requirements.txt": "a\n"})
    )
    after = await repository.tree_of(commit(files))
    work = job(before, **said)  # type: ignore[arg-type]
    base = await repository.entries(before)
    found = await allowance(work, await repository.changed(before, after), base=base, git=repository)
    wrong = violations(
        base,
        found.rest,
        owns=work.task.owns,
        protected=[*work.spec.forbid, *guarded_for(work, found.guarded, base, said=Said())],
    )
    return found.explained(wrong, work.spec.allow_deps)


Commit = Callable[[dict[str, str | None]], str]


async def test_an_allowed_package_may_be_added_by_any_task(repository: Repository, commit: Commit) -> None:
    assert await refused(repository, commit, {"pyproject.toml": AFTER, "src/a.py": "1"}, deps=("httpx",)) == ()


async def test_without_the_word_the_manifest_is_nobodys(repository: Repository, commit: Commit) -> None:
    (words,) = await refused(repository, commit, {"pyproject.toml": AFTER})
    assert words.startswith("`pyproject.toml` is ")
    assert "the spec allows" not in words


async def test_more_than_was_allowed_is_refused_with_the_reason(repository: Repository, commit: Commit) -> None:
    more = AFTER + '[tool.pytest.ini_options]\naddopts = "-k nothing"\n'
    (words,) = await refused(repository, commit, {"pyproject.toml": more}, deps=("httpx",))
    assert words.startswith("`pyproject.toml` is ")
    assert words.endswith("; the spec allows to add or bump httpx in it, but the change changes `tool`")


async def test_what_the_spec_forbids_stays_forbidden(repository: Repository, commit: Commit) -> None:
    (words,) = await refused(repository, commit, {"pyproject.toml": AFTER}, deps=("httpx",), forbid=("pyproject.toml",))
    assert "is protected" in words


async def test_a_manifest_may_not_be_taken_away_or_made(repository: Repository, commit: Commit) -> None:
    files: dict[str, str | None] = {"requirements.txt": None, "requirements-dev.txt": "httpx\n"}
    assert len(await refused(repository, commit, files, deps=("httpx",))) == len(files)


async def test_a_guarded_file_that_is_named_may_be_changed_by_its_owner(repository: Repository, commit: Commit) -> None:
    files: dict[str, str | None] = {"web/package.json": '{"scripts": {"test": "true"}}'}
    assert "is protected" in (await refused(repository, commit, files))[0]
    assert await refused(repository, commit, files, paths=("web/package.json",)) == ()
    (words,) = await refused(repository, commit, {"pyproject.toml": AFTER}, paths=("pyproject.toml",))
    assert "outside what this task owns" in words
