"""Wrong programs made from a right one: which single edits of which files are worth trying, best first. Pure.

A check that no mutant can make fail by an assertion says nothing. The order is what saves time: first the functions
that the requirement or the check names, then lines that the task changed, then the rest; nearest to what is named
first, and turn by turn through functions and kinds of edits, so that the first few differ as much as they can. What a
module does outside its functions comes last: dropping the call of ``main()`` would fail any check and show little.
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from .mutations import KINDS, Edit
from .reading import MODULE, Scope
from .sources import apply, edits, is_source, scopes

MOST = 8
"""How many mutants are tried for a check, unless told otherwise."""
FAR = 1_000
"""The distance of what is not reached."""
_LONGEST = 60
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CODE = re.compile(r"`([^`]+)`")
_SCRIPT = re.compile(r"""(?m)^\s*["']?([\w.-]+)["']?\s*=\s*["']([\w.]+):(\w+)["']""")

Place = tuple[str, str]
"""A path and a function in it."""
Rank = tuple[int, int]
"""In which turn a function comes, and its distance from what is named; less is sooner."""


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
    """At most ``most`` mutants of the source files among these, best first, each with the content of its file.

    ``named`` are names of functions, classes and modules; ``changed`` are the numbers of changed lines by path. Equal
    arguments give equal mutants.
    """
    return with_content(files, ranked(files, named=named, changed=changed or {}), most=most)


def with_content(
    files: Mapping[str, bytes], wanted: Iterable[Mutant], *, most: int
) -> tuple[tuple[Mutant, bytes], ...]:
    """The first ``most`` mutants that can be read, each with the content of its file."""
    chosen: list[tuple[Mutant, bytes]] = []
    for mutant in wanted:
        if len(chosen) >= most:
            break
        content = apply(mutant.path, files[mutant.path], mutant.edit)
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
    return frozenset(found | behind_commands(check, manifest))


def behind_commands(text: str, manifest: str) -> frozenset[str]:
    """The modules and functions behind those commands of a manifest that a text runs."""
    words = set(re.findall(r"[\w.-]+", text))
    scripts = _SCRIPT.findall(manifest.partition("[project.scripts]")[2])
    return frozenset(
        name
        for command, module, function in scripts
        if command in words
        for name in (function, module.rpartition(".")[2])
    )


def order(found: Mapping[str, Iterable[Edit]], rank: Callable[[str, Edit], Rank | None]) -> Iterator[Mutant]:
    """The edits of these paths by their rank, turn by turn through functions and kinds; those without one left out."""
    groups: defaultdict[tuple[int, int, str, str], list[Mutant]] = defaultdict(list)
    for path, every in found.items():
        for edit in every:
            place = rank(path, edit)
            if place is not None:
                groups[*place, path, edit.scope].append(Mutant(path=path, edit=edit))
    keyed = [
        ((tier, distance, turn, path, mutant.edit.start, mutant.edit.now), mutant)
        for (tier, distance, path, _), group in groups.items()
        for turn, mutant in enumerate(_by_turns(group))
    ]
    yield from (mutant for _, mutant in sorted(keyed, key=lambda pair: pair[0]))


def ranked(
    files: Mapping[str, bytes], *, named: Collection[str], changed: Mapping[str, Collection[int]]
) -> Iterator[Mutant]:
    """Every mutant of the source files among these, best first."""
    sources = {path: files[path] for path in sorted(files) if is_source(path)}
    near = distances({path: scopes(path, source) for path, source in sources.items()}, named)

    def rank(path: str, edit: Edit) -> Rank:
        distance = near.get((path, edit.scope), FAR)
        changes = edit.line in changed.get(path, ())
        return 3 if edit.scope == MODULE else 0 if distance == 0 else 1 if changes else 2, distance

    yield from order({path: edits(path, source) for path, source in sources.items()}, rank)


def _by_turns(group: list[Mutant]) -> Iterator[Mutant]:
    """One of each kind, then the next of each kind."""
    waiting = [deque(m for m in group if m.edit.kind == kind) for kind in KINDS]
    while any(waiting):
        yield from (queue.popleft() for queue in waiting if queue)


def distances(found: Mapping[str, tuple[Scope, ...]], named: Collection[str]) -> dict[Place, int]:
    """How many calls each function is away from one that is named, as far as names tell; 0 is named itself.

    A dotted name is that of a method where there is one of it, and else counts by its last part.
    """
    by_name: defaultdict[str, list[Place]] = defaultdict(list)
    uses: dict[Place, frozenset[str]] = {}
    for path, inside in found.items():
        for scope in inside:
            place = (path, scope.name)
            uses[place] = scope.uses
            for name in scope.name.split(".") if scope.name else modules(path):
                by_name[name].append(place)
            if "." in scope.name:
                by_name[scope.name].append(place)
    words = sorted({name if name in by_name else name.rpartition(".")[2] for name in named})
    found_at = {place: 0 for word in words for place in by_name.get(word, ())}
    waiting = deque(found_at)
    while waiting:
        place = waiting.popleft()
        reached = [other for name in sorted(uses[place]) for other in by_name.get(name, ())]
        for other in (*reached, (place[0], MODULE)):
            if other in uses and other not in found_at:
                found_at[other] = found_at[place] + 1
                waiting.append(other)
    return found_at


def modules(path: str) -> tuple[str, ...]:
    """What a module's own code goes by; that of `__main__` and `__init__` by the package too."""
    pure = PurePosixPath(path)
    return (pure.parent.name,) if pure.stem in {"__main__", "__init__"} else (pure.stem,)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."
