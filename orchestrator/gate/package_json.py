"""What a package.json says of how its tests are run: by which words, with which flags, on which files. Pure."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

_LOADING = frozenset({"--import", "--require", "-r", "--loader", "--experimental-loader", "--conditions", "-C"})
_SWITCHES = re.compile(r"--(?:experimental-[\w-]+|no-warnings|enable-source-maps)")
_WITH_VALUE = _LOADING | {
    "--env-file",
    "--env-file-if-exists",
    "--test-concurrency",
    "--test-coverage-exclude",
    "--test-coverage-include",
    "--test-global-setup",
    "--test-name-pattern",
    "--test-reporter",
    "--test-reporter-destination",
    "--test-shard",
    "--test-skip-pattern",
    "--test-timeout",
    "--tsconfig",
}
"""Options whose next word is no path of tests."""
_PROGRAMS = frozenset({"node", "tsx"})
_CONTROL = frozenset("();<>|&\n")
_CHOICE = re.compile(r"\{(?P<braced>[^{}]*,[^{}]*)\}|(?P<kind>[?@])\((?P<listed>[^()]*)\)")
_MOST_SPELLINGS = 64
_TYPED = (".ts", ".mts", ".cts")
WHOLE = "."
"""The path that stands for none: whatever the names of the folder's files say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The ``test`` script, and the packages that are asked for."""

    script: str = ""
    needed: frozenset[str] = frozenset()

    def flags(self, tests: Iterable[str]) -> tuple[str, ...]:
        """Those with which the test script starts node, as far as they say how modules are loaded.

        Where tests are in TypeScript and ``tsx`` is installed, that loads them.
        """
        words = _words(self.script)
        flags: list[str] = []
        for word, following in zip(words, [*words[1:], ""], strict=False):
            if word in _LOADING:
                flags += [word, following]
            elif word.partition("=")[0] in _LOADING or _SWITCHES.fullmatch(word):
                flags.append(word)
        typed = any(path.endswith(_TYPED) for path in tests)
        if typed and "tsx" in self.needed and not any("tsx" in flag for flag in flags):
            flags.append("--import=tsx")
        return tuple(flags)

    def node_paths(self) -> tuple[str, ...] | None:
        """The paths and globs on which the test script starts node's own runner; None where it starts it nowhere."""
        started = [paths for command in _commands(_words(self.script)) if (paths := _paths(command)) is not None]
        return tuple(dict.fromkeys(path for paths in started for path in paths or [WHOLE])) if started else None


def manifest(text: bytes) -> Manifest:
    """What is read of a package.json; of one that cannot be read, nothing."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Manifest()
    package = found if isinstance(found, dict) else {}
    scripts = package.get("scripts")
    keys = ("dependencies", "devDependencies", "peerDependencies")
    return Manifest(
        script=str(scripts.get("test", "")) if isinstance(scripts, dict) else "",
        needed=frozenset(name for key in keys for name in (package[key] if isinstance(package.get(key), dict) else ())),
    )


def chosen(paths: Iterable[str], files: Sequence[str], *, by_name: Sequence[str]) -> tuple[str, ...]:
    """Those of a package's files that the paths of its test script mean.

    A folder means what node takes for tests by its name, ``by_name``, and where nothing in it is named so, all of it.
    """
    return tuple(sorted({file for path in paths for file in _meant(normpath(path), files, by_name)}))


def _meant(path: str, files: Sequence[str], by_name: Sequence[str]) -> Iterable[str]:
    if path == WHOLE:
        return by_name
    if path in files:
        return [path]
    inside = [file for file in files if file.startswith(path + "/")]
    if inside:
        return [file for file in by_name if file.startswith(path + "/")] or inside
    globs = [spelling.split("/") for spelling in _spellings(path)]
    return [file for file in files if any(_matches(PurePosixPath(file).parts, glob) for glob in globs)]


def _words(script: str) -> list[str]:
    """As a shell sees them; of a script that none would take, nothing."""
    lexer = shlex.shlex(script, posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return list(lexer)
    except ValueError:
        return []


def _commands(words: Iterable[str]) -> Iterator[list[str]]:
    command: list[str] = []
    for word in words:
        if _CONTROL.issuperset(word):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def _paths(command: Sequence[str]) -> list[str] | None:
    """What a command names for node's runner to run; None where it does not start that."""
    start = next((at for at, word in enumerate(command) if PurePosixPath(word).name in _PROGRAMS), None)
    if start is None or "--test" not in command[start:]:
        return None
    pairs = zip(command[start:], command[start + 1 :], strict=False)
    return [word for before, word in pairs if not word.startswith("-") and before not in _WITH_VALUE]


def _spellings(glob: str) -> list[str]:
    """A glob with each of its alternatives, ``{a,b}``, ``@(a|b)`` or ``?(a|b)``, written out."""
    waiting, done = [glob], list[str]()
    while waiting and len(waiting) + len(done) <= _MOST_SPELLINGS:
        one = waiting.pop()
        choice = _CHOICE.search(one)
        if choice is None:
            done.append(one)
            continue
        listed = choice["braced"].split(",") if choice["braced"] else choice["listed"].split("|")
        choices = ["", *listed] if choice["kind"] == "?" else listed
        waiting += [one[: choice.start()] + each + one[choice.end() :] for each in choices]
    return done


def _matches(parts: Sequence[str], glob: Sequence[str]) -> bool:
    """Whether a path matches segment by segment, ``**`` standing for any number of them."""
    reached = _further({0}, glob)
    for part in parts:
        here = {at for at in reached if at < len(glob)}
        stay = {at for at in here if glob[at] == "**"}
        reached = _further(stay | {at + 1 for at in here - stay if fnmatchcase(part, glob[at])}, glob)
    return len(glob) in reached


def _further(reached: set[int], glob: Sequence[str]) -> set[int]:
    """The positions with those that a ``**`` which stands for nothing leads to."""
    for at, segment in enumerate(glob):
        if at in reached and segment == "**":
            reached.add(at + 1)
    return reached
