"""What is wrong with the text of a locked test in TypeScript or JavaScript, and what its runner calls its tests. Pure.

Names have to be known before anything is run, and an outcome may not depend on more than the program: so tests stand at
the top or in a ``describe``, by plain names, without options that leave them out, and each claims something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ..nouns.runners import ScriptRunnerName
from .script_claims import claiming, unawaited
from .script_tree import FUNCTIONS, VALUES, Import, above, imports, read, root_name, text_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

SOURCES: Mapping[ScriptRunnerName, tuple[str, ...]] = {
    "node": ("node:test",),
    "vitest": ("vitest",),
    "jest": ("@jest/globals",),
}
"""Where the words of a runner come from."""

_TESTS = frozenset({"test", "it"})
_GROUPS = frozenset({"describe", "suite"})
_WORDS = _TESTS | _GROUPS
_GIVEN = _WORDS | {
    *("before", "after", "beforeEach", "afterEach", "beforeAll", "afterAll", "expect", "assert", "vi", "jest", "mock"),
    *("default", "*"),
}
"""What a test may take from its runner."""
_SKIPS = frozenset({"skip", "todo", "only", "skipIf", "runIf", "fails", "failing"})
_ALIASES = frozenset({"xit", "xtest", "xdescribe", "fit", "ftest", "fdescribe"})
_MANY = frozenset({"each", "for"})
_DEEPEST = 20
"""Groups inside of each other that are looked into."""
_OPTIONS = frozenset({"timeout", "concurrency"})


def test_names(path: str, text: str) -> tuple[str, ...]:
    """What the runner calls the tests of a file, groups first: ``outer > adds two``."""
    root = read(path, text)
    return tuple(name for name, _ in _tests(root.children)) if root is not None else ()


def test_flaws(root: Node, runner: ScriptRunnerName) -> Iterator[str]:
    """What keeps a module from being a locked test under this runner, as ends of a sentence about it."""
    calls = list(_tests(root.children))
    if not calls:
        yield "has no test that its runner would find: write `test(...)` at the top or in a `describe`"
    yield from _sources(list(imports(root)), runner)
    yield from dict.fromkeys(_dodges(root))
    for name, count in Counter(name for name, _ in calls).items():
        if count > 1:
            yield f"has {count} tests that are called `{name}`: give each its own name"
    yield from dict.fromkeys(each for _, call in calls for each in _form(call))
    yield from _strays(root, {call.start_byte for _, call in calls})
    yield from _vacuous(root, calls)
    yield from dict.fromkeys(unawaited(root))


def _tests(statements: Iterable[Node], *, inside: tuple[str, ...] = ()) -> Iterator[tuple[str, Node]]:
    """The calls of ``test`` with the names they get; those whose name is no plain string are left out."""
    for statement in statements:
        call = _call_of(statement)
        word = text_of(call.child_by_field_name("function")) if call is not None else ""
        name = _name(call) if call is not None else None
        if call is None or name is None or word not in _WORDS:
            continue
        names = (*inside, name)
        if word in _TESTS:
            yield " > ".join(names), call
        elif (body := _body(call)) is not None and len(names) < _DEEPEST:
            yield from _tests(body.children, inside=names)


def _call_of(statement: Node) -> Node | None:
    node = statement.named_children[0] if statement.type == "expression_statement" else None
    if node is not None and node.type == "await_expression":
        node = node.named_children[0]
    return node if node is not None and node.type == "call_expression" else None


def _given(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    return [each for each in arguments.named_children if each.type != "comment"] if arguments is not None else []


def _name(call: Node) -> str | None:
    """The name of a test as it is written; None where the runner might read it in another way."""
    first = next(iter(_given(call)), None)
    if first is None or first.type != "string" or any(child.type == "escape_sequence" for child in first.children):
        return None
    inner = text_of(first)[1:-1]
    return inner if inner == inner.strip() else None


def _function(call: Node) -> Node | None:
    return next((each for each in _given(call) if each.type in VALUES), None)


def _body(call: Node) -> Node | None:
    function = _function(call)
    body = function.child_by_field_name("body") if function is not None else None
    return body if body is not None and body.type == "statement_block" else None


def _sources(found: Collection[Import], runner: ScriptRunnerName) -> Iterator[str]:
    """The runner's words have to be its own, and keep their names."""
    own = SOURCES[runner]
    others = {source for name, sources in SOURCES.items() if name != runner for source in sources}
    for each in found:
        if each.source in others:
            yield f"is run by {_named(runner)} here, and takes its words from {each.source}: take them from {own[0]}"
        if each.source in own:
            for name, local in each.bound:
                if name not in _GIVEN or local not in {name, *(_WORDS if name == "default" else ())}:
                    yield f"takes `{name}` from {each.source} as `{local}`: leave the runner's words their names"
    if runner != "jest" and not any(each.source in own for each in found):
        yield f"is run by {_named(runner)} here: take `test` from {own[0]}"


def _named(runner: ScriptRunnerName) -> str:
    return "node's own runner" if runner == "node" else runner


def _dodges(root: Node) -> Iterator[str]:
    contexts = set(_contexts(root))
    for node in walk(root):
        if node.type == "identifier" and text_of(node) in _ALIASES:
            yield f"uses `{text_of(node)}`: a locked test always runs"
        if node.type == "subscript_expression" and text_of(node.child_by_field_name("object")) in _WORDS:
            yield f"uses `{text_of(node)}`: a locked test always runs"
        if node.type != "member_expression":
            continue
        base, word = root_name(node), text_of(node.child_by_field_name("property"))
        if word in _SKIPS and (base in _WORDS or base in contexts):
            yield f"uses `{base}.{word}`: a locked test always runs"
        elif word in _MANY and base in _WORDS:
            yield f"uses `{base}.{word}`: write a loop or more tests"
        elif word in _WORDS and base in contexts:
            yield f"has tests inside of tests (`{base}.{word}`): give each a `test` of its own"


def _contexts(root: Node) -> Iterator[str]:
    """What tests call the context that their runner gives them."""
    yield "this"
    for call in (each for each in walk(root) if each.type == "call_expression"):
        if text_of(call.child_by_field_name("function")) in _TESTS and (function := _function(call)) is not None:
            given = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
            leaves = (each for each in walk(given) if each.type == "identifier") if given is not None else ()
            yield from map(text_of, leaves)


def _form(call: Node) -> Iterator[str]:
    """What a test is given beside its name: options that leave nothing out, and its function, in the place."""
    function = _function(call)
    if function is None:
        yield f"has a test without a function of its own: {text_of(_given(call)[0])}"
        return
    parameters = function.child_by_field_name("parameters")
    taken = {text_of(each) for each in walk(parameters)} if parameters is not None else set[str]()
    if taken & _SKIPS:
        yield f"uses `{min(taken & _SKIPS)}`: a locked test always runs"
    for each in _given(call)[1:]:
        keys = {text_of(pair.child_by_field_name("key")) for pair in each.named_children if pair.type == "pair"}
        if each.type == "object" and (len(keys) < each.named_child_count or keys - _OPTIONS):
            yield f"gives a test the options {text_of(each)}: a locked test has none but `timeout`"
        elif each.type not in {"object", "number", *VALUES}:
            yield f"gives a test `{text_of(each)[:60]}`, which is no plain option"


def _strays(root: Node, known: Collection[int]) -> Iterator[str]:
    """Tests whose names nobody knows before they run: of loops, of functions, by names that are put together."""
    groups = {call.start_byte for call in _groups(root.children)}
    for call in (each for each in walk(root) if each.type == "call_expression"):
        word = text_of(call.child_by_field_name("function"))
        if word in _WORDS and call.start_byte not in known and call.start_byte not in groups:
            line = call.start_point.row + 1
            yield f"has a `{word}` (line {line}) whose name is no plain string, or that stands inside of something else"


def _groups(statements: Iterable[Node], *, deep: int = 1) -> Iterator[Node]:
    for statement in statements:
        call = _call_of(statement)
        if call is None or text_of(call.child_by_field_name("function")) not in _GROUPS or _name(call) is None:
            continue
        yield call
        body = _body(call)
        yield from _groups(body.children, deep=deep + 1) if body is not None and deep < _DEEPEST else ()


def _vacuous(root: Node, calls: Iterable[tuple[str, Node]]) -> Iterator[str]:
    claims = claiming(root)
    sure = {_owner(each) for each in claims}
    for name, call in calls:
        called = {
            text_of(each.child_by_field_name("function")) for each in walk(call) if each.type == "call_expression"
        }
        inside = any(call.start_byte <= each.start_byte < call.end_byte for each in claims)
        if not inside and not called & sure:
            yield f"has a test that cannot fail: `{name}` asserts nothing"


def _owner(claim: Node) -> str:
    """The name of the function of the file that a claim stands in; empty for none."""
    for each in above(claim):
        if each.type in FUNCTIONS:
            return text_of(each.child_by_field_name("name"))
        if each.type == "variable_declarator":
            return text_of(each.child_by_field_name("name"))
    return ""
