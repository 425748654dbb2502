"""Which code one requirement speaks of: the functions that its code spans name, and what those reach. Pure.

Of a module's own code only the values count that a function reached so uses: what calls ``main()`` reaches everything.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .mutants import Mutant, Place, behind_commands, distances, modules
from .reading import MODULE, Scope, names_used, read, within
from .shares import clause
from .sources import is_source, scopes

_CODE = re.compile(r"`([^`]+)`")
_CALLABLE = re.compile(r"([^\W\d][\w.]*)(?:\(.*\))?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Places in files; ``named`` are the names of functions that the sentence has, in its order."""

    named: tuple[str, ...]
    places: Collection[Place]
    values: Mapping[Place, frozenset[int]]
    """The lines of each value of a module that is reached."""

    def holds(self, mutant: Mutant) -> bool:
        """Whether a mutant is in what the sentence speaks of."""
        place = (mutant.path, mutant.edit.scope)
        if place in self.places:
            return True
        if mutant.edit.scope != MODULE:
            return False
        return any(path == mutant.path and mutant.edit.line in rows for (path, _), rows in self.values.items())


def reach(text: str, files: Mapping[str, bytes], *, manifest: str) -> Reach | None:
    """What a sentence is about in these files; None where none of its code spans is the name of a function of them.

    A span that is a command names none, but what it names counts as reached.
    """
    spans = _CODE.findall(text)
    inside: dict[str, tuple[Scope, ...]] = {}
    lines: dict[Place, frozenset[int]] = {}
    for path in sorted(path for path in files if is_source(path)):
        inside[path] = tuple(_scopes_of(path, files[path], lines))
    functions = {name for found in inside.values() for scope in found for name in _names_of(scope)}
    named = [match[1] for span in spans if (match := _CALLABLE.fullmatch(span.strip()))]
    named = [name for name in dict.fromkeys(named) if name in functions or name.rpartition(".")[2] in functions]
    if not named:
        return None
    every = clause(text).names | behind_commands("\n".join(spans), manifest)
    whole = _modules_of({name.rpartition(".")[2] for name in every} - functions, inside)
    near = distances(inside, every | {scope.name for path in whole for scope in inside[path] if scope.name})
    aside = {place for place in near if place[1] == MODULE and place[0].endswith(".py") and place[0] not in whole}
    classes = {(path, scope.rpartition(".")[0]) for path, scope in near if "." in scope}
    return Reach(
        named=tuple(named),
        places={place for place in (*near, *classes) if place not in lines and place not in aside},
        values={place: rows for place, rows in lines.items() if place in near},
    )


def _names_of(scope: Scope) -> tuple[str, ...]:
    return (scope.name, *scope.name.split(".")) if scope.name else ()


def _modules_of(names: Collection[str], inside: Mapping[str, tuple[Scope, ...]]) -> set[str]:
    """The files that are named as modules, by what is no function's name too: all of them counts."""
    return {path for path in inside if {*modules(path)} & {*names}}


def _scopes_of(path: str, source: bytes, lines: dict[Place, frozenset[int]]) -> Iterator[Scope]:
    """The functions of a file and, as scopes of their own, the values of a Python module, whose ``lines`` it adds."""
    module = read(source) if path.endswith(".py") else None
    if module is None:
        yield from scopes(path, source)
        return
    known = {scope.name for scope in scopes(path, source)}
    yield from (scope for scope in _functions(module.body, inside="") if scope.name in known or "." not in scope.name)
    for name, nodes in _values(module.body).items():
        if name not in known:
            yield Scope(name=name, uses=names_used(nodes))
            rows = (range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in nodes)
            lines[path, name] = frozenset(row for each in rows for row in each)
    yield Scope(name=MODULE, uses=frozenset())


def _functions(body: Sequence[ast.stmt], *, inside: str) -> Iterator[Scope]:
    """Functions with their decorators and defaults, and classes with their bases and fields."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield Scope(name=within(inside, name), uses=names_used([node]))
                yield from _functions(node.body, inside=within(inside, name))
            case ast.ClassDef(name=name):
                loose = [each for each in node.body if not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
                uses = names_used([*node.bases, *node.decorator_list, *loose])
                yield Scope(name=within(inside, name), uses=uses)
                yield from _functions(node.body, inside=within(inside, name))
            case _:
                pass


def _values(body: Sequence[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """What a module binds outside of functions and classes, by name."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        blocks = [part for name in ("body", "orelse", "finalbody") for part in getattr(node, name, ())]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if blocks:
            for name, nodes in _values([each for each in blocks if isinstance(each, ast.stmt)]).items():
                found.setdefault(name, []).extend(nodes)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in names_used(targets):
                found.setdefault(name, []).append(node)
    return found
