"""Group X: can a run do what the spec allows it?"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from ..names import inside
from ..nouns import Diagnostic, Spec
from .rule import Rule


def odd_globs(spec: Spec) -> Iterator[Diagnostic]:
    """Globs that leave the repository, and paths that are both owned and forbidden."""
    for key, globs in (("owns", spec.meta.owns), ("forbid", spec.meta.forbid)):
        for glob in globs:
            if not inside(glob):
                message = f"`{glob[:80]}` in `{key}` is not a path inside the repository"
                yield Diagnostic(code="SPX401", message=message, line=_line(spec, key))
    for owned in spec.meta.owns:
        for forbidden in spec.meta.forbid:
            if _within(owned, forbidden):
                message = f"`{owned[:80]}` is owned, and `{forbidden[:80]}` forbids all of it"
                yield Diagnostic(code="SPX401", message=message, line=_line(spec, "forbid"))


def _within(glob: str, other: str) -> bool:
    """Whether every path of a glob is one of the other's, as far as can be told from their texts."""
    return glob == other or fnmatchcase(glob, other.replace("**", "*"))


def unreachable(spec: Spec) -> Iterator[Diagnostic]:
    """Interfaces that no worker may write."""
    for interface in spec.interfaces:
        forbidden = any(_within(interface.path, glob) for glob in spec.meta.forbid)
        owned = not spec.meta.owns or any(_within(interface.path, glob) for glob in spec.meta.owns)
        if forbidden or not owned:
            which = "inside `forbid`" if forbidden else "outside `owns`"
            message = f"the interface `{interface.path}` is {which}, so no worker may write it"
            yield Diagnostic(code="SPX402", message=message, line=interface.line, target=interface.path)


def declared_twice(spec: Spec) -> Iterator[Diagnostic]:
    """One name in the stubs of two files, which two workers would both write."""
    first: dict[str, str] = {}
    for interface in spec.interfaces:
        for symbol in interface.symbols:
            path = first.setdefault(symbol.name, interface.path)
            if path != interface.path:
                message = f"`{symbol.name}` is declared in `{path}` and in `{interface.path}`"
                yield Diagnostic(code="SPX405", message=message, line=symbol.line, target=symbol.name)


def _line(spec: Spec, key: str) -> int:
    return next((n for n, line in enumerate(spec.text.split("\n"), 1) if line.startswith(key)), 1)


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
_STUB = "\n```python interface src/a.py\ndef f(x: int) -> int: ...\n```\n"
RULES = (
    Rule(
        code="SPX401",
        severity="error",
        why="Workers may write only what is owned, inside the repository, and not forbidden.",
        bad='---\nowns: ["../other/**"]\n---\n' + _R1,
        good='---\nowns: ["src/**"]\n---\n' + _R1,
        find=odd_globs,
    ),
    Rule(
        code="SPX402",
        severity="error",
        why="The spec asks for a file that it does not let anybody write.",
        bad='---\nowns: ["lib/**"]\n---\n' + _R1 + _STUB,
        good='---\nowns: ["src/**"]\n---\n' + _R1 + _STUB,
        find=unreachable,
    ),
    Rule(
        code="SPX405",
        severity="error",
        why="Two workers would each write their own, and callers would import either.",
        bad=_R1 + _STUB + _STUB.replace("src/a.py", "src/b.py"),
        good=_R1 + _STUB + _STUB.replace("src/a.py", "src/b.py").replace("def f", "def g"),
        find=declared_twice,
    ),
)
