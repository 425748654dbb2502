"""Which test runners a tree has, beside pytest, and in which folders. Pure: names and contents in, suites out.

Looked for are package.json with vitest, jest or `node --test`, go.mod, and Cargo.toml; a folder below one that is
covered already is no suite of its own. Settings may name suites, and then nothing is looked for.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from ..nouns.runs import NamedSuite, RunnerName
from ..rules.scoping import within
from .package_json import WHOLE, Manifest, chosen, manifest

Contents = Mapping[str, bytes]

_SKIPPED = frozenset({"node_modules", "vendor", "testdata", "target", "third_party"})
_SCRIPT = re.compile(r".+\.(?:[cm]?[jt]s|[jt]sx)")
_UNIVERSAL = re.compile(r"(?:^|/)tests/spec_\w+/\w+\.test\.m[jt]s$")
"""Checks of specs, which node's own runner and vitest run."""
_NODE_TEST = re.compile(rb"""['"]node:test['"]""")
_GO_TEST = re.compile(rb"(?m)^func\s+((?:Test|Fuzz|Example)\w*)\s*\(")
_LOOKS = re.compile(r"(?:^|/)(?:__tests__|tests?|specs?)/|(?:^|[/._-])(?:test|spec)\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What one runner is to run in one folder, which is empty for the root.

    ``tests`` are the files for node's own runner. ``files`` says of each Go test, as ``folder::name``, which file it is
    in. ``only`` are the files to which a run of vitest or jest is confined.
    """

    runner: RunnerName
    folder: str
    tests: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    module: str = ""
    files: Mapping[str, str] | None = None
    only: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    """Files to run wherever the runner's settings look for tests."""
    problem: str = ""
    """Why the repository's tests could not be found."""

    def told(self) -> dict[str, Any]:
        """As the drivers read it."""
        return {
            "runner": self.runner,
            "folder": self.folder,
            "tests": self.tests,
            "flags": self.flags,
            "module": self.module,
            "files": dict(self.files or {}),
            "only": self.only,
            "locked": self.locked,
        }


def suites(files: Contents, *, named: Sequence[NamedSuite] = ()) -> tuple[Suite, ...]:
    """The suites of a tree, by folder and runner; those that are named where any is."""
    if named:
        found = [Suite(runner=each.runner, folder=each.folder.strip("/")) for each in named if each.runner != "pytest"]
    else:
        found = list(_found(files))
    ordered = sorted(found, key=lambda suite: (suite.folder, suite.runner))
    return tuple(_filled(files, suite, others=found, named=bool(named)) for suite in ordered)


def with_locked(found: Sequence[Suite], locked: Iterable[str], files: Contents) -> tuple[Suite, ...]:
    """The suites with these test files in them; scripts that none of them would run get node's own runner."""
    paths = sorted(path for path in locked if not path.endswith(".py"))
    taken: dict[int, list[str]] = {}
    homeless: list[str] = []
    for path in paths:
        owner = next((number for number, suite in _by_depth(found) if owns(suite, path)), None)
        if owner is not None:
            taken.setdefault(owner, []).append(path)
        elif _SCRIPT.fullmatch(path):
            homeless.append(path)
    extended = [_with(suite, taken.get(number, []), files) for number, suite in enumerate(found)]
    if homeless:
        flags = _manifest(files, "").flags(homeless)
        extended.append(Suite(runner="node", folder="", tests=tuple(homeless), flags=flags))
    return tuple(extended)


def _by_depth(found: Sequence[Suite]) -> list[tuple[int, Suite]]:
    """The suites with their numbers: the deepest folder first, and vitest before node's own runner."""
    return sorted(enumerate(found), key=lambda pair: (-len(pair[1].folder), pair[1].runner == "node"))


def _with(suite: Suite, paths: Sequence[str], files: Contents) -> Suite:
    if suite.runner != "node":
        return replace(suite, locked=tuple(_below(path, suite.folder) for path in paths))
    tests = tuple(sorted({*suite.tests, *paths}))
    return replace(suite, tests=tests, flags=_manifest(files, suite.folder).flags(tests))


def confined(suite: Suite, locked: Iterable[str]) -> Suite | None:
    """The suite with nothing but these test files in it; None where none of them is its own."""
    own = tuple(sorted(path for path in locked if owns(suite, path)))
    if not own:
        return None
    if suite.runner == "node":
        return replace(suite, tests=own)
    return replace(suite, only=tuple(_below(path, suite.folder) for path in own))


def left(found: Sequence[Suite], without: Sequence[str]) -> tuple[Suite, ...]:
    """The suites without the tests in these places, as far as runners can leave tests out.

    Left out are suites whose folder is in one of them, and files of node's own runner; of other runners all is run.
    """
    kept = (suite for suite in found if not suite.folder or not within(suite.folder, without))
    return tuple(
        replace(suite, tests=tuple(path for path in suite.tests if not within(path, without)))
        if without and suite.runner == "node"
        else suite
        for suite in kept
    )


def owns(suite: Suite, path: str) -> bool:
    """Whether a locked test is one that the runner of a suite runs; those of Go and Rust get none."""
    if suite.runner in {"go", "cargo"} or not _in(path, suite.folder) or not _SCRIPT.fullmatch(path):
        return False
    # jest takes no modules that are not compiled to its own kind.
    return suite.runner != "jest" or not _UNIVERSAL.search(path)


def is_script_test(path: str) -> bool:
    """Whether node's own runner takes a file for a test by its name."""
    pure = PurePosixPath(path)
    if not _SCRIPT.fullmatch(path) or path.endswith(".d.ts") or pure.suffix in {".jsx", ".tsx"}:
        return False
    stem = pure.stem
    named = stem == "test" or stem.startswith("test-") or re.search(r"[._-]test$", stem) is not None
    return named or "test" in pure.parts[:-1]


def _found(files: Contents) -> Iterator[Suite]:
    manifests = sorted((path for path in files if not _hidden(path)), key=lambda path: (path.count("/"), path))
    covered: list[Suite] = []
    for path in manifests:
        name = PurePosixPath(path).name
        runner = _RUNNERS[name](files, path) if name in _RUNNERS else None
        if runner is None or any(_covers(suite, runner, _folder(path)) for suite in covered):
            continue
        covered.append(Suite(runner=runner, folder=_folder(path)))
    if any(not any(owns(suite, path) for suite in covered) for path in _importing(files, "")):
        covered.append(Suite(runner="node", folder=""))
    yield from covered


def _covers(suite: Suite, runner: RunnerName, folder: str) -> bool:
    """Whether a suite runs what is in a folder below its own; modules of Go never do."""
    below = not suite.folder or folder.startswith(suite.folder + "/")
    return below and runner == suite.runner and runner != "go"


def _importing(files: Contents, folder: str) -> Iterator[str]:
    """The tests in a folder that ask for node's own runner by its name."""
    return (path for path in _scripts(files, folder) if is_script_test(path) and _NODE_TEST.search(files[path]))


def _scripts(files: Contents, folder: str) -> Iterator[str]:
    own = (path for path in files if _in(path, folder) and not _hidden(path))
    return (path for path in own if _SCRIPT.fullmatch(path) and not path.endswith(".d.ts"))


def _of_package(files: Contents, path: str) -> RunnerName | None:
    package = manifest(files[path])
    by_script = package.node_paths() is not None
    if "vitest" in package.script or ("vitest" in package.needed and "jest" not in package.script and not by_script):
        return "vitest"
    if "jest" in package.script or ("jest" in package.needed and not by_script):
        return "jest"
    return "node" if by_script or any(_importing(files, _folder(path))) else None


def _of_cargo(files: Contents, path: str) -> RunnerName | None:
    return "cargo" if b"[package]" in files[path] or b"[workspace]" in files[path] else None


def _of_go(files: Contents, path: str) -> RunnerName | None:
    own = (other for other in files if other.endswith(".go") and _in(other, _folder(path)))
    return "go" if any(own) else None


_RUNNERS = {"package.json": _of_package, "Cargo.toml": _of_cargo, "go.mod": _of_go}


def _filled(files: Contents, suite: Suite, *, others: Sequence[Suite], named: bool) -> Suite:
    """The suite with what its driver has to know of the tree."""
    if suite.runner == "go":
        return replace(suite, module=_module(files, suite.folder), files=_go_tests(files, suite.folder))
    if suite.runner != "node":
        return suite
    rest = [other for other in others if other is not suite]
    package = _manifest(files, suite.folder)
    paths = package.node_paths()
    if paths is None and not named:
        asking = _importing(files, suite.folder)
        tests = {path for path in asking if not any(owns(other, path) for other in rest if _below_it(other, suite))}
    else:
        inner = [other.folder for other in rest if _below_it(other, suite) and other.folder and other.runner != "go"]
        own = [path for path in _scripts(files, suite.folder) if not any(_in(path, folder) for folder in inner)]
        started = _started(suite, own, paths=paths or [WHOLE])
        tests = started.union(path for path in own if _UNIVERSAL.search(path))
        if named and not started:
            tests.update(_started(suite, own, paths=[WHOLE]))
        elif not started and paths != (WHOLE,) and any(map(_looks_like_a_test, own)):
            suite = replace(suite, problem=_not_found(suite, package))
    return replace(suite, tests=tuple(sorted(tests)), flags=package.flags(tests))


def _below_it(other: Suite, suite: Suite) -> bool:
    return _in(other.folder, suite.folder)


def _started(suite: Suite, own: Iterable[str], *, paths: Iterable[str]) -> set[str]:
    """Those files on which a package's script starts node's own runner."""
    inner = {_below(path, suite.folder): path for path in own}
    by_name = [name for name, path in inner.items() if is_script_test(path)]
    return {inner[name] for name in chosen(paths, list(inner), by_name=by_name)}


def _looks_like_a_test(path: str) -> bool:
    """Whether somebody may mean it for one, whatever a runner takes it for."""
    return _LOOKS.search(path) is not None and not _UNIVERSAL.search(path)


def _not_found(suite: Suite, package: Manifest) -> str:
    return (
        f"the test script of {_join(suite.folder, 'package.json')} (`{package.script}`) runs none of the files that "
        "are here, so none of its tests would be run: name the runners by [[test]] in agentctl.toml, and where none of "
        "them fits put a command that runs the tests under `gate` there"
    )


def _manifest(files: Contents, folder: str) -> Manifest:
    return manifest(files.get(_join(folder, "package.json"), b""))


def _module(files: Contents, folder: str) -> str:
    found = re.search(rb"(?m)^module\s+\"?([^\s\"]+)", files.get(_join(folder, "go.mod"), b""))
    return found[1].decode() if found else ""


def _go_tests(files: Contents, folder: str) -> dict[str, str]:
    """The file of each test function, by ``folder::name``."""
    return {
        f"{_folder(path)}::{name.decode()}": path
        for path in sorted(files)
        if path.endswith("_test.go") and _in(path, folder)
        for name in _GO_TEST.findall(files[path])
    }


def _hidden(path: str) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in path.split("/")[:-1])


def _in(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _below(path: str, folder: str) -> str:
    return path.removeprefix(folder + "/") if folder else path


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
