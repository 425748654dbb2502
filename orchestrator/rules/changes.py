"""Which symbols that are there the tasks of a plan change, by what they say and by what the spec declares. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...specs.grammars import language_of
from ..nouns.plan import DeclaredInterface, SpecView
from .claims import Claim
from .symbols import Definition, Source, other_arguments, other_result, read_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A task that changes a symbol which is there; ``symbol`` is empty where it is the file as a whole."""

    task: str
    symbol: str
    path: str
    line: int
    how: str
    """In words, after the task's id: ``renames``."""
    said: str
    """Why this is believed."""
    strong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What the plan starts from, as far as it was read: ``files`` by path, and who owns which of them."""

    paths: Collection[str]
    owned: Mapping[str, Sequence[str]]
    files: Mapping[str, Source] = field(default_factory=dict)


def claimants(said: Sequence[Claim], spec: SpecView, base: Base) -> tuple[str, ...]:
    """The tasks that may change something that is there: only their files have to be read to know."""
    tasks = {claim.task for claim in said if claim.kind == "change" or claim.signature}
    tasks |= {task for task, paths in base.owned.items() if any(stub.path in paths for stub in _stubs(spec))}
    return tuple(task for task in base.owned if task in tasks)


def changed(said: Sequence[Claim], spec: SpecView, base: Base) -> tuple[Change, ...]:
    """Every change of what the files of ``base`` define."""
    return (*_redeclared(spec, base), *_said(said, base))


def names_of(changes: Sequence[Change]) -> frozenset[str]:
    """Names of which one stands in each file that relies on what is changed."""
    names = {change.symbol.rpartition(".")[2] for change in changes if change.symbol}
    for path in (change.path for change in changes if not change.symbol):
        *folders, name = path.split("/")
        names |= {name.partition(".")[0], *folders[-1:]}
    return frozenset(names)


def _stubs(spec: SpecView) -> Iterator[DeclaredInterface]:
    return (stub for stub in spec.interfaces if stub.frozen)


def _redeclared(spec: SpecView, base: Base) -> Iterator[Change]:
    """What the spec's own stubs declare in another way than the files that are there."""
    for stub in (each for each in _stubs(spec) if each.path in base.files):
        owners = [task for task, paths in base.owned.items() if stub.path in paths]
        if len(owners) != 1:
            continue  # of several in order nobody can say which one does it
        there = {each.name: each for each in base.files[stub.path].definitions}
        for new in read_source(language_of(stub.path) or "", stub.text.encode("utf-8", "replace")).definitions:
            if (old := there.get(new.name)) is None:
                continue
            calls, result = other_arguments(old, new), other_result(old, new)
            if calls or result:
                said = f"as the spec declares it, it {calls or result}"
                yield _change(owners[0], old, stub.path, "redeclares", said, strong=bool(calls))


def _said(said: Sequence[Claim], base: Base) -> Iterator[Change]:
    """What the words of tasks change of what their own files define."""
    for claim in said:
        own = base.owned.get(claim.task, ())
        if claim.kind == "change" and claim.symbol in own:
            yield Change(
                task=claim.task,
                symbol="",
                path=claim.symbol,
                line=1,
                how=claim.verb,
                said=f"“{claim.quote}”",
                strong=claim.strong,
            )
        elif (found := _defined(claim, own, base)) is None:
            continue
        elif claim.kind == "change":
            yield _change(claim.task, found[1], found[0], claim.verb, f"“{claim.quote}”", strong=claim.strong)
        elif claim.signature and (words := _written_otherwise(claim.signature, *found)):
            yield _change(
                claim.task, found[1], found[0], "redeclares", f"“{claim.quote}”, so that it {words}", strong=True
            )


def _change(task: str, there: Definition, path: str, how: str, said: str, *, strong: bool) -> Change:
    return Change(task=task, symbol=there.name, path=path, line=there.line, how=how, said=said, strong=strong)


def _defined(claim: Claim, own: Sequence[str], base: Base) -> tuple[str, Definition] | None:
    """The one thing that a name can mean in a task's own files; None where it means none, or several."""
    named = [path for path in own if path in claim.files] or own
    every = [(path, each) for path in named if path in base.files for each in base.files[path].definitions]
    exact = [(path, each) for path, each in every if each.name == claim.symbol]
    ends = exact or [(path, each) for path, each in every if each.name.endswith(f".{claim.symbol}")]
    if not ends and "." in claim.symbol:  # ``store.load`` with the module before it
        module, _, last = claim.symbol.rpartition(".")
        tail = module.replace(".", "/")
        ends = [(p, each) for p, each in every if each.name == last and f"/{p}".rpartition(".")[0].endswith(f"/{tail}")]
    places = {(path, each.name) for path, each in ends}
    return ends[0] if len(places) == 1 else None


def _written_otherwise(signature: str, path: str, there: Definition) -> str:
    """How a signature in words differs from what is there; empty where it does not, or cannot be read."""
    if there.least is None:
        return ""
    language = language_of(path) or ""
    bare = f"{there.name.rpartition('.')[2]}({signature.partition('(')[2].rstrip(';:')}"
    text = {
        "python": f"def {bare}: ...",
        "go": f"package p\nfunc {bare} {{}}",
        "rust": f"fn {bare} {{}}",
        "javascript": f"function {bare} {{}}",
    }.get(language, f"declare function {bare};")
    read = read_source(language, text.encode("utf-8", "replace")).definitions
    if len(read) != 1 or read[0].least is None:
        return ""
    return other_arguments(there, Definition(name=there.name, line=1, least=read[0].least, most=read[0].most))
