"""What interfaces declare, name by name: what each declaration says, and which others it mentions. Pure.

Layout changes nothing here. Comments do: what a stub means stands in them too.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from .fences import SCRIPT, digest
from .grammars import language_of
from .nouns import Interface, Symbol
from .python_code import CodeError, tree

_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_ANNOTATION = 200
"""Characters of an annotation that is written as a string; what is longer is a docstring."""
_CLOSING = frozenset({")", "]", "}"})
_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A name of an interface: where it is, what its declaration says, and which other names that mentions."""

    path: str
    name: str
    hash: str
    mentions: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    """Of a class: its attributes and methods."""
    imported: bool = False
    """It comes from elsewhere; other declarations lean on it, items do not name it."""

    @property
    def id(self) -> str:
        """``path:name``, or the path alone for a stub that is not read name by name."""
        return f"{self.path}:{self.name}" if self.name else self.path


def declared(interfaces: Iterable[Interface]) -> tuple[Declared, ...]:
    """Every name that stubs and sentences declare, and the names that stubs import; layout changes no hash."""
    return tuple(name for interface in interfaces for name in _declared(interface))


def stubs(interfaces: Iterable[Interface]) -> tuple[Interface, ...]:
    """The interfaces of files of Python, TypeScript and JavaScript: those that are code, and those of sentences.

    The latter are of Python, and become code that says no more.
    """
    return tuple(
        each if each.text else replace(each, text="\n".join(map(_sketched, each.symbols)))
        for each in interfaces
        if (each.language == "python" and each.path.endswith(".py"))
        or (each.language in SCRIPT and language_of(each.path) in _SCRIPTS)
    )


def _sketched(symbol: Symbol) -> str:
    if symbol.kind == "value":
        return f"{symbol.name}: object"
    return (
        f"class {symbol.name}: ..." if symbol.kind == "class" else f"def {symbol.name}({symbol.signature or ''}): ..."
    )


def _declared(interface: Interface) -> Iterator[Declared]:
    if not interface.text:
        for symbol in interface.symbols:
            signature = " ".join((symbol.signature or "").split())
            yield Declared(path=interface.path, name=symbol.name, hash=digest(symbol.name, signature))
        return
    try:
        statements = tree(interface.text).body if interface.language == "python" else []
    except CodeError:
        statements = []
    if not statements:
        yield Declared(path=interface.path, name="", hash=digest(interface.language, *interface.text.split()))
        return
    yield from _of_statements(interface, statements)


def _of_statements(interface: Interface, statements: list[ast.stmt]) -> Iterator[Declared]:
    """A statement's words include the comments above it and beside it: what a stub means stands in them too."""
    lines = interface.text.split("\n")
    first = 0
    for number, statement in enumerate(statements):
        last = len(lines) if number + 1 == len(statements) else statement.end_lineno or len(lines)
        words = _words("\n".join(lines[first:last]))
        if statement.lineno <= first:  # it stands behind a semicolon, on the line of the one before it
            words.append(ast.unparse(statement))
        first = last
        mentions = frozenset(node.id for node in ast.walk(statement) if isinstance(node, ast.Name))
        mentions |= frozenset(_quoted(statement))
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from _imported(interface, statement)
        for name in _names(statement):
            yield Declared(
                path=interface.path,
                name=name,
                hash=digest(*words),
                mentions=mentions - {name},
                members=frozenset(_members(statement)),
            )


def _imported(interface: Interface, statement: ast.Import | ast.ImportFrom) -> Iterator[Declared]:
    module = f"{'.' * statement.level}{statement.module or ''}" if isinstance(statement, ast.ImportFrom) else ""
    for alias in statement.names:
        name = alias.asname or alias.name.partition(".")[0]
        yield Declared(path=interface.path, name=name, hash=digest(module, alias.name), imported=True)


def _quoted(statement: ast.stmt) -> Iterator[str]:
    """Names in annotations that are written as strings."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < _ANNOTATION:
            yield from _IDENTIFIER.findall(node.value)


def _names(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case _:
            pass


def _members(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef):
        for inner in statement.body:
            yield from _names(inner)


def _words(source: str) -> list[str]:
    """The tokens of Python, comments included and layout left out; where it has none, the words of the text."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source.split()
    words = [" ".join(token.string.split()) for token in tokens if token.type not in _LAYOUT]
    pairs = zip_longest(words, words[1:], fillvalue="")
    return [word for word, after in pairs if word != "," or after not in _CLOSING]
