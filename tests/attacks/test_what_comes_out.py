"""What comes out of a sandbox, or goes into a prompt, a commit or a cache; the numbers are rows of docs/sandbox.md."""

import ast
import asyncio
import base64
import json
import os
import re
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from agentctl.agents.caller import free
from agentctl.agents.tools.site import said
from agentctl.bench.scripted import Answer, Asked, ScriptCall, ScriptedModel
from agentctl.cli import wiring
from agentctl.cli.answering import Answering, Surroundings
from agentctl.orchestrator.environment import prepare
from agentctl.orchestrator.nouns.runs import Limits, RunSettings
from agentctl.orchestrator.ports import Git
from agentctl.orchestrator.rules.guarded import guarded
from agentctl.orchestrator.rules.manifests import is_manifest
from agentctl.orchestrator.rules.permission import Said
from agentctl.orchestrator.sandbox.port import CommandLimits, Sandbox
from agentctl.orchestrator.sandbox.runner import SandboxRunner
from agentctl.specs.generating import MOST_BYTES, made
from agentctl.tui.clean import clean, clean_lines, visible

from .test_tampering import PLAN, repo  # noqa: F401 - `repo` is a fixture
from .test_tampering import git as run
from .tricks import RIGHT, SPEC

Tree = Callable[[Mapping[str, str]], Awaitable[str]]
HOME = Path(__file__).resolve().parents[2]
TOKEN = "ghp_" + "Z9y8X7w6V5" * 4
SEQUENCES = r"\033]52;c;aGk=\007\033]0;title\007\033[2J\033[31m\2331m\342\200\256gnp\342\200\213\r\b\000"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
ARCHIVES = {"tarfile", "zipfile", "gzip", "bz2", "lzma", "zlib", "zstandard", "unpack_archive", "zipimport"}
LIMITS = CommandLimits(seconds=30, free_bytes=0)


async def test_25_what_a_command_prints_moves_no_terminal(sandbox: Sandbox, tmp_path: Path) -> None:
    script = ["/bin/sh", "-c", f"printf '{SEQUENCES}'"]
    done = await sandbox.run(script, root=tmp_path, writable=True, limits=LIMITS, env={"PATH": "/usr/bin:/bin"})
    assert OBEYED.search(done.output)
    for shown in (clean(done.output), clean_lines(done.output), visible(done.output), said(done.output, "output")):
        assert not OBEYED.search(shown)


def test_35_nothing_unpacks_what_came_from_a_tree() -> None:
    """Three modules read what is packed: a packed run and a recording, which a person names, and a made input file."""
    unpacks = set()
    for room in ("cli", "tui", "agents", "orchestrator", "specs", "guides"):
        for file in (HOME / room).rglob("*.py"):
            named: set[str] = set()
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    named |= {each.name for each in node.names} | {getattr(node, "module", None) or ""}
                elif isinstance(node, ast.Attribute):
                    named.add(node.attr)
            if named & ARCHIVES:
                unpacks.add(str(file.relative_to(HOME)))
    assert unpacks == {"cli/archive.py", "agents/recording.py", "specs/generating.py"}


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 300_000_000])
def test_35_what_a_command_packed_grows_to_no_more_than_a_file_may_have(size: int) -> None:
    packer = zlib.compressobj()
    bomb = b"".join(packer.compress(bytes(min(1 << 20, size - at))) for at in range(0, size, 1 << 20)) + packer.flush()
    tracemalloc.start()
    try:
        assert made(f"agentctl-fixture:{base64.b64encode(bomb).decode()}\n") is None
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


def test_39_no_secret_leaves_in_a_prompt_a_branch_or_a_commit(repo: Path) -> None:  # noqa: F811 - the fixture
    (repo / "notes.txt").write_text(f"our key: {TOKEN}\n")
    run(repo, "add", "-A")
    run(repo, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", "Notes")
    sent: list[str] = []

    def script(asked: Asked) -> Answer:
        sent.append(asked.text)
        if asked.call.startswith("plan/"):
            return Answer(text=json.dumps(PLAN).replace("Write loud", f"Write loud {TOKEN}"))
        if asked.turn == 0:
            command = f"cat notes.txt; printf %s '{RIGHT.replace(chr(39), chr(34))}' >src/loud.py"
            return Answer(calls=(ScriptCall(name="run", arguments={"command": command}),))
        return Answer(calls=(ScriptCall(name="submit", arguments={"summary": f"with {TOKEN}"}),))

    def choose(_: RunSettings, around: Surroundings) -> Answering:
        return Answering(model=ScriptedModel(script, clock=around.clock), price=free, usd_per_call=None)

    settings = RunSettings(
        profile="scripted", repo=str(repo), approve=True, ladder=("flash",), limits=Limits(turns=3, repairs=0)
    )
    folder = wiring.prepare(repo, SPEC, str(repo / "shout.md"), settings, wiring.Extras())
    driver = wiring.RunDriver(folder=folder, extras=wiring.Extras(scale=0.0), answers=choose)
    assert asyncio.run(driver.drive(wait=False)).state == "done"
    assert "our key: [redacted:github-token]" in sent[-1]
    assert TOKEN not in "".join(sent)
    written = run(repo, "log", "--all", "--format=%B %D %an %ae")
    assert "Write loud [redacted:github-token]" in written
    assert TOKEN not in written


async def test_46_no_command_changes_what_others_find_in_the_environment(
    git: Git,
    tree: Tree,
    sandbox: Sandbox,
    tmp_path: Path,
) -> None:
    base = await tree({"setup.cfg": ""})
    setup = "mkdir -p $VIRTUAL_ENV/go $VIRTUAL_ENV/cargo && echo good >$VIRTUAL_ENV/go/cached"
    environment = await prepare(git, base, sandbox=sandbox, cache=tmp_path / "cache", setup=setup)
    root = tmp_path / "tree"
    root.mkdir()
    before = held(tmp_path / "cache")
    poison = (
        "for d in $VIRTUAL_ENV $VIRTUAL_ENV/bin $VIRTUAL_ENV/lib/python*/site-packages $GOMODCACHE $CARGO_HOME;"
        "do echo bad >$d/poison; done; echo bad >$GOMODCACHE/cached; rm -rf $VIRTUAL_ENV/bin; true"
    )
    done = await SandboxRunner(sandbox, environment, LIMITS).run(poison, root=root, seconds=30)
    assert done.exit == 0
    assert held(tmp_path / "cache") == before


@pytest.mark.parametrize(
    "manifest",
    [
        *("pyproject.toml", "requirements.txt", "requirements-dev.txt", "requirements extra.txt", "uv.lock"),
        *("setup.cfg", "setup.py", "package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"),
        *("go.mod", "go.sum", "go.work", "cmd/go.mod", "Cargo.toml", "crates/a/Cargo.lock", "rust-toolchain.toml"),
    ],
)
def test_46_what_is_installed_changes_by_a_persons_word_alone(manifest: str) -> None:
    assert is_manifest(manifest)
    assert guarded([manifest], base=[manifest], owns=["**"], said=Said()) == (manifest,)


def held(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its mode and content."""
    files = (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)
    return {str(file): (file.lstat().st_mode, file.read_bytes()) for file in files if not file.is_symlink()}
