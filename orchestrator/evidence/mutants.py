"""Wrong programs made from a right one: which single edits of which files are worth trying, best first. Pure.

A check that no mutant can make fail by an assertion says nothing. The order is what saves time: first the functions
that the requirement or the check names, then lines that the task changed, then the rest; nearest to what is named
first, and turn by turn through functions and kinds of edits, so that the first few differ as much as they can. What a
module does outside its functions comes last: dropping the call of ``main()`` would fail any check and show little.
"""

import re
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from .mutations import KINDS, Edit, apply, edits
from .reading import MODULE, Scope, scopes

MOST = 8
"""How many mutants are tried for a check, unless told otherwise."""
_FAR = 1_000
_LONGEST = 60
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CODE = re.compile(r"`([^`]+)`")
_SCRIPT = re.compile(r"""(?m)^\s*["']?([\w.-]+)["']?\s*=\s*["']([\w.]+):(\w+)["']""")

Place = tuple[str, str]
"""A path and a function in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One edit of one file."""

    path: str
    edit: Edit

    def __str__(self) -> str:
        edit = self.edit
        return f"{self.path}:{edit.line} `{_short(edit.now)}` for `{_short(edit.was)}`"


def mutants(
    files: Mapping[str, bytes],
    *,
    named: Collection[str] = (),
    changed: Mapping[str, Collection[int]] | None = None,
    most: int = MOST,
) -> tuple[tuple[Mutant, bytes], ...]:
    """At most ``most`` mutants of the Python files among these, best first, each with the content of its file.

    ``named`` are names of functions, classes and modules; ``changed`` are the numbers of changed lines by path. Equal
    arguments give equal mutants.
    """
    chosen: list[tuple[Mutant, bytes]] = []
    for mutant in _ranked(files, frozenset(named), changed or {}):
        if len(chosen) >= most:
            break
        content = apply(files[mutant.path], mutant.edit)
        if content is not None:
            chosen.append((mutant, content))
    return tuple(chosen)


def names_in(*, requirements: Collection[str], check: str, manifest: str = "") -> frozenset[str]:
    """The names a check is about: those in code spans of its requirements, and all in its own code.

    ``manifest`` is the text of pyproject.toml: where the check runs a command that it declares, the module and the
    function behind the command are named too.
    """
    spans = [span for text in requirements for span in _CODE.findall(text)]
    found = {word for text in (*spans, check) for word in _WORD.findall(text)}
    words = set(re.findall(r"[\w.-]+", check))
    for command, module, function in _SCRIPT.findall(manifest.partition("[project.scripts]")[2]):
        if command in words:
            found |= {function, module.rpartition(".")[2]}
    return frozenset(found)


def _ranked(
    files: Mapping[str, bytes], named: frozenset[str], changed: Mapping[str, Collection[int]]
) -> Iterator[Mutant]:
    sources = {path: files[path] for path in sorted(files) if path.endswith(".py")}
    near = _distances({path: scopes(source) for path, source in sources.items()}, named)
    groups: defaultdict[tuple[int, int, str, str], list[Mutant]] = defaultdict(list)
    for path, source in sources.items():
        lines = frozenset(changed.get(path, ()))
        for edit in edits(source):
            distance = near.get((path, edit.scope), _FAR)
            tier = 3 if edit.scope == MODULE else 0 if distance == 0 else 1 if edit.line in lines else 2
            groups[tier, distance, path, edit.scope].append(Mutant(path=path, edit=edit))
    keyed = [
        ((tier, distance, turn, path, mutant.edit.start, mutant.edit.now), mutant)
        for (tier, distance, path, _), group in groups.items()
        for turn, mutant in enumerate(_by_turns(group))
    ]
    yield from (mutant for _, mutant in sorted(keyed, key=lambda pair: pair[0]))


def _by_turns(group: list[Mutant]) -> Iterator[Mutant]:
    """One of each kind, then the next of each kind."""
    waiting = [deque(m for m in group if m.edit.kind == kind) for kind in KINDS]
    while any(waiting):
        yield from (queue.popleft() for queue in waiting if queue)


def _distances(found: Mapping[str, tuple[Scope, ...]], named: frozenset[str]) -> dict[Place, int]:
    """How many calls each function is away from one that is named, as far as names tell; 0 is named itself."""
    by_name: defaultdict[str, list[Place]] = defaultdict(list)
    uses: dict[Place, frozenset[str]] = {}
    for path, inside in found.items():
        for scope in inside:
            place = (path, scope.name)
            uses[place] = scope.uses
            for name in scope.name.split(".") if scope.name else _modules(path):
                by_name[name].append(place)
    distances = {place: 0 for name in sorted(named) for place in by_name.get(name, ())}
    waiting = deque(distances)
    while waiting:
        place = waiting.popleft()
        reached = [other for name in sorted(uses[place]) for other in by_name.get(name, ())]
        for other in (*reached, (place[0], MODULE)):
            if other in uses and other not in distances:
                distances[other] = distances[place] + 1
                waiting.append(other)
    return distances


def _modules(path: str) -> tuple[str, ...]:
    """What a module's own code goes by; that of `__main__` and `__init__` by the package too."""
    pure = PurePosixPath(path)
    return (pure.parent.name,) if pure.stem in {"__main__", "__init__"} else (pure.stem,)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
