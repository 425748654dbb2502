"""Which files decide what is run as a test, or what is installed: no task changes them by the way. Pure.

A manifest or a lock that is there stays as it is, and so does a file that a command of the gate names. What configures
a test runner, a CI service or this program, what Python loads by itself when it starts, and what stands in for a module
of its standard library is neither changed nor put in a place where there was none. A person's word lifts this: a plan,
which a person approves, that gives a task the very path, and not only a folder; or a requirement of the task, an answer
or a sentence for its worker that says of the file that it may change (rules.permission).
"""

import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence

from ..nouns.plan import SpecView, Task
from ..ports import Job
from .globs import covers
from .permission import Said, is_named, lets_change
from .tree_policy import shown

_MANIFESTS = re.compile(
    r"package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|pnpm-workspace\.yaml|yarn\.lock|bun\.lockb?"
    r"|go\.(?:mod|sum|work|work\.sum)|Cargo\.(?:toml|lock)|rust-toolchain(?:\.toml)?"
    r"|vite\.config\.[cm]?[jt]s|build\.rs"
    r"|setup\.py|requirements[^/]*\.txt|constraints\.txt|Pipfile(?:\.lock)?|(?:poetry|uv|pdm)\.lock"
)
_SETTINGS = re.compile(
    r"(?:vitest|jest|babel)\.(?:config|setup|workspace|preset)\.(?:[cm]?[jt]s|json)|\.npmrc|\.yarnrc(?:\.yml)?"
    r"|\.pnpmfile\.cjs|\.mocharc\..+|\.babelrc(?:\..+)?"
    r"|conftest\.py|\.?pytest\.(?:ini|toml)|pyproject\.toml|setup\.cfg|tox\.(?:ini|toml)|noxfile\.py|agentctl\.toml"
)
_STARTED = re.compile(r".+\.pth|(?:.*/)?(?:site|user)customize(?:\.py|/.*)|(?:.*/)?[^/]+\.(?:dist|egg)-info/.*")
"""What Python, or pytest when it looks for plug-ins, loads unasked."""
_CI = re.compile(
    r"\.github/.*|(?:.*/)?CODEOWNERS|\.gitlab-ci\.ya?ml|\.(?:gitlab|circleci|buildkite|woodpecker)/.*"
    r"|\.(?:woodpecker|drone|travis|cirrus)\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|Jenkinsfile"
    r"|\.?appveyor\.ya?ml|\.pre-commit-config\.yaml|\.husky/.*|(?:.*/)?\.gitattributes"
)
_ELSEWHERE = (".github/", "agentctl.toml")
_TOP = re.compile(r"(?:(?:src|lib|tests?)/)?(\w+)(?:\.py|/__init__\.py)")
_TAKEN = (sys.stdlib_module_names | {"pytest", "_pytest", "pluggy", "hypothesis"}) - {"test"}
"""Modules that a test may import and mean another's than the project's."""
_RECIPES = {"make": ("Makefile", "makefile", "GNUmakefile"), "just": ("justfile", "Justfile", ".justfile")}
"""What a command reads without naming it."""
_CARGO = re.compile(r"(?:.*/)?\.cargo/config(?:\.toml)?")


def guarded_for(
    job: Job, changed: Iterable[str], base: Collection[str], *, said: Said, commands: Iterable[str] = ()
) -> list[str]:
    """`guarded`, of what a task handed back."""
    return list(guarded(changed, base=base, owns=job.task.owns, said=said, read=read_by(commands)))


def guarded(
    changed: Iterable[str], *, base: Collection[str], owns: Collection[str], said: Said, read: Collection[str] = ()
) -> tuple[str, ...]:
    """Those of the changed paths that are protected; ``said`` is what persons said of the task.

    ``base`` are the paths of the tree the work began from, ``owns`` the globs of the task, ``read`` the paths that the
    commands of the gate name.
    """
    return tuple(path for path in _kinds(changed, base, read) if not lifted(path, owns=owns, said=said))


def lifted(path: str, *, owns: Collection[str], said: Said) -> bool:
    """Whether a person's word lets a task change this very file."""
    return path in owns or lets_change(path, said)


def elsewhere(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that decide what runs elsewhere, with the repository's secrets, or what all this allows."""
    return tuple(dict.fromkeys(path for path in paths if path.casefold().startswith(_ELSEWHERE)))


def given_elsewhere(tasks: Iterable[Task], spec: SpecView) -> tuple[str, ...]:
    """Such files as tasks are given by a plan, and not by the spec itself, which a person wrote."""
    given = elsewhere(path for task in tasks for path in task.owns)
    return tuple(
        each for each in given if each not in spec.owns and not any(covers(one, each) for one in spec.allow_paths)
    )


def explained(wrong: Sequence[str], paths: Iterable[str], said: Said) -> tuple[str, ...]:
    """The words of the tree policy, with how to allow what somebody named and nobody's words let change."""
    more = {f"{shown(path)} ": path for path in paths if is_named(path, said)}
    return tuple(_with_a_way(each, next((p for at, p in more.items() if each.startswith(at)), "")) for each in wrong)


def _with_a_way(words: str, path: str) -> str:
    if not path:
        return words
    return (
        f"{words}; it was named, but not as a file that may change. A person can say: you may change {path}; "
        f"or give it to the task in the plan, or write `allow: {{paths: [{path}]}}` into the spec"
    )


def _kinds(changed: Iterable[str], base: Collection[str], read: Collection[str]) -> Iterator[str]:
    for path in changed:
        name = path.rpartition("/")[2]
        held = path in base and (_MANIFESTS.fullmatch(name) or path in read)
        kinds = (_CARGO, _STARTED, _CI)
        if held or _SETTINGS.fullmatch(name) or any(kind.fullmatch(path) for kind in kinds) or _shadows(path, base):
            yield path


def _shadows(path: str, base: Collection[str]) -> bool:
    top = _TOP.fullmatch(path)
    return path not in base and top is not None and top[1] in _TAKEN


def read_by(commands: Iterable[str]) -> frozenset[str]:
    """The paths that commands name, and the recipes they read; more than that no look at a text can tell."""
    words = [word for command in commands for word in re.split(r"[\s;&|<>()'\"=]+", command)]
    return frozenset([*(word.removeprefix("./") for word in words), *(f for w in words for f in _RECIPES.get(w, ()))])
