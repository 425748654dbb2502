import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.orchestrator.environment import Environment, prepare
from agentctl.orchestrator.errors import SettingsError
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.nouns.verdicts import Expectation
from agentctl.orchestrator.ports import Git
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox
from agentctl.orchestrator.sandbox.runner import SandboxRunner

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
LIMITS = CommandLimits(seconds=60, free_bytes=0)


@pytest.fixture
def own_cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def found(folder: Path, pattern: str) -> list[Path]:
    return [path for path in folder.glob(pattern) if path.is_dir() or pattern != "*/"]


def runner(sandbox: Sandbox, environment: Environment) -> SandboxRunner:
    return SandboxRunner(sandbox, environment, LIMITS)


async def test_a_target_without_manifests_has_pytest_and_nothing_of_ours(
    sandbox: Sandbox, environment: Environment, tmp_path: Path
) -> None:
    code = "import importlib.util as u, sys; print([bool(u.find_spec(name)) for name in sys.argv[1:]])"
    script = f"python -c '{code}' pytest agentctl litellm"
    done = await runner(sandbox, environment).run(script, root=tmp_path, seconds=30)
    assert (done.exit, done.output) == (0, "[True, False, False]\n")


async def test_both_ways_to_start_pytest_work_in_a_workspace_with_a_src_layout(
    sandbox: Sandbox, environment: Environment, tmp_path: Path
) -> None:
    root = tmp_path / "tree"
    (root / "src").mkdir(parents=True)
    (root / "src" / "thing.py").write_text("x = 1\n")
    (root / "test_thing.py").write_text("from thing import x\ndef test_x(): assert x == 1\n")
    for command in ("pytest -q", "python -m pytest -q"):
        done = await runner(sandbox, environment).run(command, root=root, seconds=30)
        assert done.exit == 0, done.output


async def test_the_environment_cannot_be_written(sandbox: Sandbox, environment: Environment, tmp_path: Path) -> None:
    script = "touch $VIRTUAL_ENV/x && echo wrote; python -m pip install --target $VIRTUAL_ENV x && echo wrote; true"
    done = await runner(sandbox, environment).run(script, root=tmp_path, seconds=30)
    assert "wrote" not in done.output.split()


async def test_the_same_manifests_are_built_once_even_at_once(
    git: Git, tree: Tree, sandbox: Sandbox, own_cache: Path
) -> None:
    made = await tree({"a.py": ""})
    results = await asyncio.gather(*(prepare(git, made, sandbox=sandbox, cache=own_cache) for _ in range(3)))
    assert results[0] == results[1] == results[2]
    assert len(found(own_cache, "*/")) == 1


async def test_a_build_that_was_killed_is_done_again(git: Git, tree: Tree, sandbox: Sandbox, own_cache: Path) -> None:
    made = await tree({"a.py": ""})
    environment = await prepare(git, made, sandbox=sandbox, cache=own_cache)
    folder = environment.mounts[0].source
    (folder / "ready").unlink()
    (folder / "half").touch()
    assert await prepare(git, made, sandbox=sandbox, cache=own_cache) == environment
    assert not (folder / "half").exists()


async def test_setup_runs_on_the_trusted_tree_and_editable_installs_follow_the_workspace(
    git: Git, tree: Tree, sandbox: Sandbox, own_cache: Path, build: Callable[..., PytestGate]
) -> None:
    setup = (
        "site=$(python -c \"import sysconfig; print(sysconfig.get_path('purelib'))\") && "
        'cp vendored.py "$site"/ && echo /workspace/lib >"$site"/project.pth'
    )
    base = {"vendored.py": "x = 1\n", "lib/project.py": "y = 1\n", "requirements.txt": ""}
    environment = await prepare(git, await tree(base), sandbox=sandbox, cache=own_cache, setup=setup)
    changed = await tree(
        {
            "lib/project.py": "y = 2\n",
            "test_a.py": "import vendored, project\ndef test_a(): assert (vendored.x, project.y) == (1, 2)\n",
        }
    )
    verdict = await build(environment=environment).judge(
        changed, expectation=Expectation(tests=frozenset({"test_a.py::test_a"}))
    )
    assert (verdict.passed, verdict.reasons) == (True, ())


async def test_manifests_and_setup_are_part_of_the_key(git: Git, tree: Tree, sandbox: Sandbox, own_cache: Path) -> None:
    async def key(files: Mapping[str, str], setup: str | None) -> str:
        return (await prepare(git, await tree(files), sandbox=sandbox, cache=own_cache, setup=setup)).key

    keys = [
        await key({"a.py": "1"}, None),
        await key({"a.py": "2"}, None),
        await key({"setup.cfg": "1"}, "true"),
        await key({"setup.cfg": "2"}, "true"),
        await key({"setup.cfg": "2"}, "true # again"),
    ]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


@pytest.mark.parametrize(
    ("setup", "words"),
    [
        ("echo no such package; exit 4", "failed \\(exit code 4\\)(.|\n)*no such package(.|\n)*\\[workspace\\]"),
        ('rm -r "$VIRTUAL_ENV"/lib/python*/site-packages/_pytest', "no working pytest(.|\n)*pip install pytest"),
    ],
)
async def test_a_setup_that_fails_says_what_to_change(
    git: Git, tree: Tree, sandbox: Sandbox, own_cache: Path, setup: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        await prepare(git, await tree({"a.py": ""}), sandbox=sandbox, cache=own_cache, setup=setup)
    assert found(own_cache, "*/ready") + found(own_cache, "*.tree") == []


async def test_a_command_of_the_runner_ends_at_the_earlier_limit(
    sandbox: Sandbox, environment: Environment, tmp_path: Path
) -> None:
    short = SandboxRunner(sandbox, environment, replace(LIMITS, seconds=0.2))
    assert (await short.run("sleep 60", root=tmp_path, seconds=60)).stopped == "time"
    assert (await runner(sandbox, environment).run("sleep 60", root=tmp_path, seconds=0.2)).stopped == "time"
