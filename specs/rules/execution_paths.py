"""Group X, paths: may somebody write what the spec needs, and does it let nobody write what it should not?"""

import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase

from .. import front_matter
from ..items import code_spans
from ..names import inside
from ..nouns import Diagnostic, Spec
from .reading import Reading
from .rule import Rule
from .surroundings import Surroundings

_FEW = 5
_PACKAGING = "pyproject.toml"
_GUARDED = (".github/workflows/ci.yml", ".gitlab-ci.yml", "uv.lock", "poetry.lock", "package-lock.json", "Cargo.lock")
_INTERPRETERS = frozenset({"python", "python3", "node", "npx", "ruby", "go", "cargo", "npm", "uv", "make"})


def odd_globs(reading: Reading) -> Iterator[Diagnostic]:
    """Globs that leave the repository, and paths that are both owned and forbidden."""
    meta = reading.spec.meta
    for key, globs in (("owns", meta.owns), ("forbid", meta.forbid), ("allow", meta.allow.paths)):
        for glob in globs:
            if not inside(glob):
                message = f"`{glob[:80]}` in `{key}` is not a path inside the repository"
                yield Diagnostic(code="SPX401", message=message, line=_line(reading, key))
    for owned in meta.owns:
        for forbidden in meta.forbid:
            if within(owned, forbidden):
                message = f"`{owned[:80]}` is owned, and `{forbidden[:80]}` forbids all of it"
                yield Diagnostic(code="SPX401", message=message, line=_line(reading, "forbid"))


def within(glob: str, other: str) -> bool:
    """Whether every path of a glob is one of the other's, as far as can be told from their texts."""
    return glob == other or fnmatchcase(glob, other.replace("**", "*"))


def unwritable(spec: Spec, path: str) -> str:
    """Why no worker may write a path: ``inside `forbid```, ``outside `owns```, or nothing."""
    if any(within(path, glob) for glob in spec.meta.forbid):
        return "inside `forbid`"
    owned = not spec.meta.owns or any(within(path, glob) for glob in spec.meta.owns)
    return "" if owned else "outside `owns`"


def unreachable(reading: Reading) -> Iterator[Diagnostic]:
    """Interfaces, and commands to be installed, for which no worker may write the file; fixtures come with the spec."""
    spec = reading.spec
    for interface in spec.interfaces:
        where = unwritable(spec, interface.path)
        if where:
            message = f"the interface `{interface.path}` is {where}, so no worker may write it"
            yield Diagnostic(code="SPX402", message=message, line=interface.line, target=interface.path)
    where = unwritable(spec, _PACKAGING)
    for command, line in _new_commands(reading).items() if where else ():
        message = (
            f"`{command}` is installed by no `[project.scripts]`, and `{_PACKAGING}` is {where}: run it as python -m"
        )
        yield Diagnostic(code="SPX402", message=message, line=line, target=command)


def _new_commands(reading: Reading) -> dict[str, int]:
    """Commands of checks that an item is about, and that the repository does not install yet, with their lines."""
    installed = reading.around.commands
    if installed is None:
        return {}
    wanted = {span.split()[0] for item in reading.spec.items.values() for span in code_spans(item.text) if span.split()}
    found: dict[str, int] = {}
    for _, steps in reading.transcripts:
        for step in steps:
            try:
                command = next(iter(shlex.split(step.command)), "")
            except ValueError:
                continue
            if command in wanted and command not in installed | _INTERPRETERS and "/" not in command:
                found.setdefault(command, step.line)
    return found


def declared_twice(reading: Reading) -> Iterator[Diagnostic]:
    """One name in the stubs of two files, which two workers would both write."""
    first: dict[str, str] = {}
    for interface in reading.spec.interfaces:
        for symbol in interface.symbols:
            path = first.setdefault(symbol.name, interface.path)
            if path != interface.path:
                message = f"`{symbol.name}` is declared in `{path}` and in `{interface.path}`"
                yield Diagnostic(code="SPX405", message=message, line=symbol.line, target=symbol.name)


def one_file(reading: Reading) -> Iterator[Diagnostic]:
    """Specs of many MUSTs whose interfaces are one file."""
    spec = reading.spec
    paths = {interface.path for interface in spec.interfaces}
    musts = sum(1 for item in spec.normative if item.strength == "MUST" and item.kind == "requirement")
    if len(paths) == 1 and musts >= _FEW:
        message = (
            f"all {musts} MUSTs are about `{min(paths)}`, which one worker writes at a time: a second file is faster"
        )
        yield Diagnostic(code="SPX406", message=message, line=spec.interfaces[0].line, target=min(paths))


def unguarded(reading: Reading) -> Iterator[Diagnostic]:
    """Files that decide whether work is accepted, which ``owns`` gives to the workers."""
    meta = reading.spec.meta
    owned = [path for path in _GUARDED if any(within(path, glob) for glob in meta.owns)]
    open_ = [path for path in owned if not any(within(path, glob) for glob in meta.forbid)]
    if open_:
        message = (
            f"workers may write {', '.join(f'`{path}`' for path in open_[:3])}: `forbid` it, unless it is the task"
        )
        yield Diagnostic(code="SPX410", message=message, line=_line(reading, "owns"))


def _line(reading: Reading, key: str) -> int:
    return front_matter.line_of(front_matter.split(reading.spec.text)[0], key)


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
_STUB = "\n```python interface src/a.py\ndef f(x: int) -> int: ...\n```\n"
_MANY = "# a\n\n" + "".join(f"- **R{n}** `f` MUST add {n}.\n" for n in range(1, 6)) + _STUB
RULES = (
    Rule(
        code="SPX401",
        name="odd-globs",
        severity="error",
        why="Workers may write only what is owned, inside the repository, and not forbidden.",
        source="this format",
        bad='---\nowns: ["../other/**"]\n---\n' + _R1,
        good='---\nowns: ["src/**"]\n---\n' + _R1,
        find=odd_globs,
    ),
    Rule(
        code="SPX402",
        name="out-of-reach",
        severity="error",
        why="The spec asks for a file that it does not let anybody write.",
        source="this format",
        bad='---\nowns: ["lib/**"]\n---\n' + _R1 + _STUB,
        good='---\nowns: ["src/**"]\n---\n' + _R1 + _STUB,
        around=Surroundings(commands=frozenset()),
        find=unreachable,
    ),
    Rule(
        code="SPX405",
        name="declared-twice",
        severity="error",
        why="Two workers would each write their own, and callers would import either.",
        source="proletariat issue 614",
        bad=_R1 + _STUB + _STUB.replace("src/a.py", "src/b.py"),
        good=_R1 + _STUB + _STUB.replace("src/a.py", "src/b.py").replace("def f", "def g"),
        find=declared_twice,
    ),
    Rule(
        code="SPX406",
        name="one-file",
        severity="info",
        why="Tasks that write one file wait for each other.",
        source="this format: an interface is the hint of who owns a file",
        bad=_MANY,
        good=_MANY + _STUB.replace("src/a.py", "src/b.py").replace("def f", "def g"),
        find=one_file,
    ),
    Rule(
        code="SPX410",
        name="unguarded",
        severity="info",
        why="Whoever may change the judge need not change the work.",
        source="open-ace issue 2687",
        bad='---\nowns: ["**"]\n---\n' + _R1,
        good='---\nowns: ["**"]\nforbid: [".github/**", "*.lock", ".gitlab-ci.yml", "package-lock.json"]\n---\n' + _R1,
        find=unguarded,
    ),
)
