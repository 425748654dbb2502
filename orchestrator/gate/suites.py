"""Which test runners a tree has, beside pytest, and in which folders. Pure: names and contents in, suites out.

Looked for are package.json with vitest, jest or `node --test`, go.mod, and Cargo.toml; a folder below one that is
covered already is no suite of its own. Settings may name suites, and then nothing is looked for.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from ..nouns.runs import NamedSuite, RunnerName

Contents = Mapping[str, bytes]

_SKIPPED = frozenset({"node_modules", "vendor", "testdata", "target", "third_party"})
_SCRIPT = re.compile(r".+\.(?:[cm]?[jt]s|[jt]sx)")
_UNIVERSAL = re.compile(r"(?:^|/)tests/spec_\w+/\w+\.test\.m[jt]s$")
"""Checks of specs, which node's own runner and vitest run."""
_NODE_TEST = re.compile(rb"""['"]node:test['"]""")
_GO_TEST = re.compile(rb"(?m)^func\s+((?:Test|Fuzz|Example)\w*)\s*\(")
_FLAGS = ("--import", "--require", "-r", "--loader", "--experimental-loader", "--conditions", "-C")
_SWITCHES = re.compile(r"--(?:experimental-[\w-]+|no-warnings|enable-source-maps)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What one runner is to run in one folder, which is empty for the root.

    ``tests`` are the files for node's own runner. ``files`` says of each Go test, as ``folder::name``, which file it is
    in. ``only`` are the files, packages or targets to which a run is confined; ``names`` the Go tests.
    """

    runner: RunnerName
    folder: str
    tests: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    module: str = ""
    files: Mapping[str, str] | None = None
    only: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    """Files to run wherever the runner's settings look for tests."""

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
            "names": self.names,
            "locked": self.locked,
        }


def suites(files: Contents, *, named: Sequence[NamedSuite] = ()) -> tuple[Suite, ...]:
    """The suites of a tree, by folder and runner; those that are named where any is."""
    if named:
        chosen = [Suite(runner=each.runner, folder=each.folder.strip("/")) for each in named if each.runner != "pytest"]
    else:
        chosen = list(_found(files))
    return tuple(_filled(files, suite, others=chosen) for suite in sorted(chosen, key=lambda s: (s.folder, s.runner)))


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
    extended = [_with(suite, taken.get(number, [])) for number, suite in enumerate(found)]
    if homeless:
        flags = _node_flags(files, "", tests=homeless)
        extended.append(Suite(runner="node", folder="", tests=tuple(homeless), flags=flags))
    return tuple(extended)


def _by_depth(found: Sequence[Suite]) -> list[tuple[int, Suite]]:
    """The suites with their numbers: the deepest folder first, and vitest before node's own runner."""
    return sorted(enumerate(found), key=lambda pair: (-len(pair[1].folder), pair[1].runner == "node"))


def _with(suite: Suite, paths: Sequence[str]) -> Suite:
    if suite.runner == "node":
        return replace(suite, tests=tuple(sorted({*suite.tests, *paths})))
    return replace(suite, locked=tuple(_below(path, suite.folder) for path in paths))


def confined(suite: Suite, locked: Iterable[str], files: Contents) -> Suite | None:
    """The suite with nothing but these test files in it; None where none of them is its own."""
    own = tuple(sorted(path for path in locked if owns(suite, path)))
    if not own:
        return None
    inner = tuple(_below(path, suite.folder) for path in own)
    match suite.runner:
        case "node":
            return replace(suite, tests=own)
        case "go":
            names = {name.decode() for path in own for name in _GO_TEST.findall(files[path])}
            return replace(suite, only=tuple(sorted({_folder(path) for path in inner})), names=tuple(sorted(names)))
        case "cargo":
            targets = [path for path in inner if path.startswith("tests/")]
            return replace(suite, only=tuple(PurePosixPath(path).stem for path in targets))
        case _:
            return replace(suite, only=inner)


def owns(suite: Suite, path: str) -> bool:
    """Whether a test file is one that the runner of a suite runs."""
    if suite.folder and not path.startswith(suite.folder + "/"):
        return False
    match suite.runner:
        case "go":
            return path.endswith("_test.go")
        case "cargo":
            return path.endswith(".rs")
        case "jest":  # which takes no modules that are not compiled to its own kind
            return _SCRIPT.fullmatch(path) is not None and not _UNIVERSAL.search(path)
        case _:
            return _SCRIPT.fullmatch(path) is not None


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
    if not any(suite.runner in {"node", "vitest", "jest"} for suite in covered) and any(
        is_script_test(path) and not _hidden(path) and _NODE_TEST.search(content) for path, content in files.items()
    ):
        covered.append(Suite(runner="node", folder=""))
    yield from covered


def _covers(suite: Suite, runner: RunnerName, folder: str) -> bool:
    """Whether a suite runs what is in a folder below its own; modules of Go never do."""
    below = not suite.folder or folder.startswith(suite.folder + "/")
    return below and runner == suite.runner and runner != "go"


def _of_package(files: Contents, path: str) -> RunnerName | None:
    package = _json(files[path])
    scripts = package.get("scripts")
    script = str(scripts.get("test", "")) if isinstance(scripts, dict) else ""
    needed = _needed(package)
    if "vitest" in script or ("vitest" in needed and "jest" not in script and "--test" not in script):
        return "vitest"
    if "jest" in script or ("jest" in needed and "--test" not in script):
        return "jest"
    folder = _folder(path)
    own = (other for other in files if _in(other, folder) and not _hidden(other) and is_script_test(other))
    if re.search(r"\bnode\b.*\s--test\b", script) or any(_NODE_TEST.search(files[other]) for other in own):
        return "node"
    return None


def _of_cargo(files: Contents, path: str) -> RunnerName | None:
    return "cargo" if b"[package]" in files[path] or b"[workspace]" in files[path] else None


def _of_go(files: Contents, path: str) -> RunnerName | None:
    own = (other for other in files if other.endswith(".go") and _in(other, _folder(path)))
    return "go" if any(own) else None


_RUNNERS = {"package.json": _of_package, "Cargo.toml": _of_cargo, "go.mod": _of_go}


def _filled(files: Contents, suite: Suite, *, others: Sequence[Suite]) -> Suite:
    """The suite with what its driver has to know of the tree."""
    if suite.runner == "node":
        inner = [each.folder for each in others if each is not suite and each.folder and each.runner != "go"]
        tests = sorted(
            path
            for path in files
            if _in(path, suite.folder)
            and not _hidden(path)
            and is_script_test(path)
            and not any(_in(path, folder) for folder in inner if _in(folder, suite.folder))
        )
        return replace(suite, tests=tuple(tests), flags=_node_flags(files, suite.folder, tests=tests))
    if suite.runner == "go":
        return replace(suite, module=_module(files, suite.folder), files=_go_tests(files, suite.folder))
    return suite


def _node_flags(files: Contents, folder: str, *, tests: Iterable[str]) -> tuple[str, ...]:
    """Those with which the repository's own test script starts node, as far as they say how modules are loaded.

    Where tests are in TypeScript and `tsx` is installed, that loads them.
    """
    package = _json(files.get(_join(folder, "package.json"), b""))
    scripts = package.get("scripts")
    script = str(scripts.get("test", "")) if isinstance(scripts, dict) else ""
    try:
        words = shlex.split(script)
    except ValueError:
        words = []
    flags: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word in _FLAGS:
            flags += [word, following]
        elif word.partition("=")[0] in _FLAGS or _SWITCHES.fullmatch(word):
            flags.append(word)
    typed = any(path.endswith((".ts", ".mts", ".cts")) for path in tests)
    if typed and "tsx" in _needed(package) and not any("tsx" in flag for flag in flags):
        flags.append("--import=tsx")
    return tuple(flags)


def _needed(package: Mapping[str, Any]) -> frozenset[str]:
    """The packages that a manifest asks for."""
    keys = ("dependencies", "devDependencies", "peerDependencies")
    return frozenset(name for key in keys for name in (package[key] if isinstance(package.get(key), dict) else ()))


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


def _json(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


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
