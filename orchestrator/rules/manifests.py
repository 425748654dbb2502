"""Which commands set up an environment, by what a repository's manifests declare. Pure."""

import re
import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_TEST_EXTRAS = ("test", "tests", "testing", "dev")
_PYTHON = re.compile(r"pyproject\.toml|requirements[^/]*\.txt|uv\.lock|setup\.(?:cfg|py)")
_INSTALLED = ("dependencies", "optional-dependencies", "scripts", "gui-scripts", "entry-points")


def is_manifest(path: str) -> bool:
    """Whether a path in a tree decides what is installed."""
    return bool(
        re.fullmatch(
            r"pyproject\.toml|requirements[^/]*\.txt|uv\.lock|setup\.(?:cfg|py)"
            r"|package(?:-lock)?\.json|npm-shrinkwrap\.json|\.npmrc"
            r"|(?:(?!.*(?:node_modules|vendor|testdata)/).+/)?(?:go\.(?:mod|sum|work)|Cargo\.(?:toml|lock))"
            r"|rust-toolchain(?:\.toml)?",
            path,
        )
    )


def setup_commands(manifests: Mapping[str, bytes], *, uv: bool) -> tuple[str, ...]:
    """The commands for these manifests; none where they declare nothing to install.

    A pyproject.toml that only holds the settings of tools, or a package without dependencies and entry points, needs no
    installation: its folders are on the import path, and no package index has to be reached. ``uv`` says whether it
    can be used.
    """
    return (*_for_python(manifests, uv=uv), *_for_node(manifests), *_for_go(manifests), *_for_rust(manifests))


def installed_otherwise(
    before: Mapping[str, bytes], after: Mapping[str, bytes], *, setup: str | None
) -> tuple[str, ...]:
    """The manifests for which an environment made of ``after`` is another one than that of ``before``.

    None where nothing is installed by either; ``setup`` is the repository's own command, which may read any of them.
    """
    if setup is None and not any(setup_commands(each, uv=True) for each in (before, after)):
        return ()
    return tuple(path for path in sorted({*before, *after}) if before.get(path) != after.get(path))


def package_commands(packages: Iterable[str], manifests: Iterable[str]) -> tuple[str, ...]:
    """The commands that install packages a person named: by npm where only that has a manifest, else by pip."""
    names = [shlex.quote(name) for name in packages]
    if not names:
        return ()
    known = set(manifests)
    by_npm = "package.json" in known and not any(_PYTHON.fullmatch(path) for path in known)
    install = "npm install --no-save --no-audit --no-fund" if by_npm else "python -m pip install"
    return (" ".join([install, *names]),)


def languages(manifests: Iterable[str]) -> frozenset[str]:
    """Which programs the manifests ask for beside Python: ``node``, ``go``, ``cargo``."""
    programs = {"package.json": "node", "go.mod": "go", "Cargo.toml": "cargo"}
    return frozenset(programs[name] for path in manifests if (name := path.rpartition("/")[2]) in programs)


def _for_python(manifests: Mapping[str, bytes], *, uv: bool) -> Iterator[str]:
    if uv and "uv.lock" in manifests:
        yield "uv sync --frozen"
        return
    requirements = sorted(name for name in manifests if name.startswith("requirements"))
    if requirements:
        yield "python -m pip install " + " ".join(f"-r {shlex.quote(name)}" for name in requirements)
    declared = _toml(manifests.get("pyproject.toml", b""))
    project = _table(declared, "project")
    grouped = [shlex.quote(one) for one in _test_groups(_table(declared, "dependency-groups"))]
    if _installs(manifests, declared):
        extras = ",".join(name for name in _TEST_EXTRAS if name in _table(project, "optional-dependencies"))
        yield " ".join(["python -m pip install -e", f"'.[{extras}]'" if extras else ".", *grouped])
    elif grouped:
        yield " ".join(["python -m pip install", *grouped])


def _installs(manifests: Mapping[str, bytes], declared: Mapping[str, Any]) -> bool:
    project = _table(declared, "project")
    return (
        "setup.py" in manifests
        or b"install_requires" in manifests.get("setup.cfg", b"")
        or any(project.get(name) for name in _INSTALLED)
        or "dependencies" in _list(project, "dynamic")
        or "poetry" in _table(declared, "tool")
    )


def _test_groups(groups: Mapping[str, Any]) -> Iterator[str]:
    """The requirements of the groups for tests. pip reads groups only since 25.1, so they are spelled out."""
    waiting, seen = [name for name in _TEST_EXTRAS if name in groups], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for entry in _list(groups, name):
            if isinstance(entry, str):
                yield entry
            elif isinstance(entry, dict) and "include-group" in entry:
                waiting.append(str(entry["include-group"]))


def _for_node(manifests: Mapping[str, bytes]) -> Iterator[str]:
    if "package.json" in manifests and manifests.keys() & {"package-lock.json", "npm-shrinkwrap.json"}:
        yield "npm ci --no-audit --no-fund"


def _for_go(manifests: Mapping[str, bytes]) -> Iterator[str]:
    """Modules with sums have something to fetch; the cache then serves every tree offline."""
    for path in sorted(manifests):
        folder, _, name = path.rpartition("/")
        if name == "go.sum" and manifests[path].strip():
            yield f"{_within(folder)}go mod download"


def _for_rust(manifests: Mapping[str, bytes]) -> Iterator[str]:
    """Workspaces whose lock names packages from elsewhere."""
    for path in sorted(manifests):
        folder, _, name = path.rpartition("/")
        if name == "Cargo.lock" and b"\nsource = " in manifests[path]:
            yield f"{_within(folder)}cargo fetch --locked"


def _within(folder: str) -> str:
    return f"cd {shlex.quote(folder)} && " if folder else ""


def _toml(text: bytes) -> Mapping[str, Any]:
    """What the file says; one that cannot be read says nothing here, and the commands that need it say why."""
    try:
        return tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _table(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = parent.get(name)
    return table if isinstance(table, dict) else {}


def _list(parent: Mapping[str, Any], name: str) -> Sequence[Any]:
    """A text is none: each of its letters would be a package."""
    given = parent.get(name)
    return given if isinstance(given, list) else ()
