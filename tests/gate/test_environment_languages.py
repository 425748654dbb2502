"""What is fetched for Go, Rust and node before anything of a worker runs, and used without a network afterwards."""

import base64
import hashlib
import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from agentctl.orchestrator.environment import prepare
from agentctl.orchestrator.gate.gate import PytestGate
from agentctl.orchestrator.ports import Git, TreeEntry
from agentctl.orchestrator.rules.manifests import is_manifest, languages, setup_commands
from agentctl.orchestrator.sandbox.port import Sandbox

DEP = "example.org/dep@v1.0.0"
FILES = {"go.mod": "module example.org/dep\n", "dep.go": "package dep\n\nfunc Two() int { return 2 }\n"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("go.mod", True),
        ("api/go.sum", True),
        ("crates/a/Cargo.toml", True),
        ("Cargo.lock", True),
        ("rust-toolchain.toml", True),
        (".npmrc", True),
        ("vendor/x/go.mod", False),
        ("web/node_modules/x/Cargo.toml", False),
        ("web/package.json", False),
        ("src/main.go", False),
    ],
)
def test_manifests_are_known_by_their_names(path: str, expected: object) -> None:
    assert is_manifest(path) is expected


@pytest.mark.parametrize(
    ("manifests", "commands"),
    [
        ({"go.mod": b"module m\n"}, ()),
        ({"go.mod": b"module m\n", "go.sum": b"x v1 h1:=\n"}, ("go mod download",)),
        ({"pyproject.toml": b"[dependency-groups]\ntest = 'pytest'\ndev = 3\n[project]\ndynamic = 3\n"}, ()),
        ({"pyproject.toml": b"project = 3\ndependency-groups = ['a']\ntool = 'x'\n"}, ()),
        ({"Cargo.lock": b"package = 3\n"}, ()),
        ({"Cargo.lock": b"package = ['a']\n"}, ()),
        ({"my api/go.sum": b"x v1 h1:=\n"}, ("cd 'my api' && go mod download",)),
        ({"Cargo.toml": b"", "Cargo.lock": b'[[package]]\nname = "a"\n'}, ()),
        ({"Cargo.lock": b'[[package]]\nname = "b"\nsource = "registry"\n'}, ("cargo fetch --locked",)),
        (
            {"package.json": b"{}", "package-lock.json": b"{}", "go.sum": b"x\n"},
            ("npm ci --no-audit --no-fund", "go mod download"),
        ),
    ],
)
def test_only_what_names_packages_is_set_up(manifests: Mapping[str, bytes], commands: tuple[str, ...]) -> None:
    assert setup_commands(manifests, uv=False) == commands


def test_the_programs_of_a_tree_are_known_by_its_manifests() -> None:
    assert languages(["package.json", "api/go.mod", "pyproject.toml", "x/Cargo.toml"]) == {"node", "go", "cargo"}


@pytest.mark.skipif(not shutil.which("go"), reason="go is not installed: apt install golang-go")
async def test_modules_of_go_are_fetched_once_and_served_without_a_network(
    git: Git, sandbox: Sandbox, tmp_path: Path, build: Callable[..., PytestGate]
) -> None:
    proxy = "proxy/example.org/dep/@v"
    files = {
        "go.mod": b"module example.org/m\n\ngo 1.18\n\nrequire example.org/dep v1.0.0\n",
        "go.sum": _sums().encode(),
        "m_test.go": (
            b'package m\n\nimport (\n\t"testing"\n\n\t"example.org/dep"\n)\n\n'
            b"func TestTwo(t *testing.T) {\n\tif dep.Two() != 2 {\n\t\tt.Fatal()\n\t}\n}\n"
        ),
        f"{proxy}/list": b"v1.0.0\n",
        f"{proxy}/v1.0.0.info": b'{"Version": "v1.0.0"}',
        f"{proxy}/v1.0.0.mod": FILES["go.mod"].encode(),
        f"{proxy}/v1.0.0.zip": _zip(),
    }
    entries = {path: TreeEntry(mode="100644", id=await git.write(content)) for path, content in files.items()}
    made = await git.amend_tree(None, entries)
    variables = {"GOPROXY": "file:///workspace/proxy", "GOSUMDB": "off"}
    if not sandbox.relocates:
        pytest.skip("the proxy of this test is found at /workspace alone")
    environment = await prepare(git, made, sandbox=sandbox, cache=tmp_path / "cache", variables=variables)
    without = await git.amend_tree(made, {path: None for path in files if path.startswith("proxy/")})
    report = await build(environment=environment).report(without)
    assert {result.id: result.outcome for result in report.results} == {"m_test.go::TestTwo": "passed"}, report


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(f"{DEP}/{name}", text)
    return made.getvalue()


def _sums() -> str:
    """go.sum as golang.org/x/mod/sumdb/dirhash makes it."""
    whole = _hash({f"{DEP}/{name}": text for name, text in FILES.items()})
    return f"example.org/dep v1.0.0 {whole}\nexample.org/dep v1.0.0/go.mod {_hash({'go.mod': FILES['go.mod']})}\n"


def _hash(files: Mapping[str, str]) -> str:
    lines = "".join(f"{hashlib.sha256(files[name].encode()).hexdigest()}  {name}\n" for name in sorted(files))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
