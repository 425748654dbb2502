"""A python check to a pytest file: bare statements are wrapped in one test, ``def test_*`` stands as it is."""

import ast
from collections.abc import Iterator, Sequence

from .nouns import Check
from .python_code import CodeError, compiles, indented, numbered, tree

FIND_PROJECT = """\
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
"""
"""In each file: makes the project importable, installed or not."""


def source(check: Check, *, name: str, where: str) -> tuple[str, tuple[str, ...]]:
    """The file's text and the names of its tests; raises CodeError, whose line is that within the check.

    Each line of the check ends in a comment with its place in the spec, which tracebacks therefore show.
    """
    module = tree(check.body)
    own = tuple(dict.fromkeys(_own_tests(module)))
    compiles(_file(check, check.body, name=name, where=where), of=check.body)
    file = where.partition(":")[0]
    text = _file(check, numbered(check.body, file=file, first=check.line), name=name, where=where)
    return text, own or (name,)


def _file(check: Check, body: str, *, name: str, where: str) -> str:
    """The whole file, made of the check's own code or of that code with comments."""
    module = tree(body)
    bare = not any(_own_tests(module))
    future, body = _take(body, [node for node in module.body if _imports(node, "__future__")])
    stars = ""
    if bare:
        stars, body = _take(body, [node for node in module.body if _imports(node, "*")])
        inner = indented(body.strip("\n"), "    ").rstrip() or "    pass"
        body = f'\ndef {name}():\n    """{where}"""\n{inner}'
    needs, last = ("", "") if "property" not in check.flags else (_need_hypothesis(where), _steady(module))
    return f'"""{where}"""\n\n{future}{FIND_PROJECT}{needs}{stars}\n{body.rstrip()}\n{last}'


def _need_hypothesis(where: str) -> str:
    """Says what is missing instead of skipping: a property that was not tried is no evidence."""
    message = f"{where} is a property: add hypothesis to what the tests of this project install"
    return (
        "\ntry:\n    import hypothesis\nexcept ModuleNotFoundError as missing:\n"
        f"    raise ModuleNotFoundError({message!r}) from missing\n"
    )


def _steady(module: ast.Module) -> str:
    """Makes properties whose author set nothing decide the same way each time, however slow the machine."""
    steady = "hypothesis.settings(derandomize=True, database=None, deadline=None)"
    return "".join(
        f"\n{node.name} = {steady}({node.name})\n"
        for node in module.body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test")
        and any("given" in ast.unparse(decorator) for decorator in node.decorator_list)
        and not any("settings" in ast.unparse(decorator) for decorator in node.decorator_list)
    )


def _imports(node: ast.stmt, what: str) -> bool:
    """Whether a statement imports from the module ``what``, or imports ``*``, which no function may."""
    return isinstance(node, ast.ImportFrom) and (node.module == what or any(alias.name == what for alias in node.names))


def _take(body: str, nodes: Sequence[ast.stmt]) -> tuple[str, str]:
    """The lines of some statements, and the rest with those lines empty."""
    lines = body.split("\n")
    taken = sorted({number for node in nodes for number in range(node.lineno - 1, node.end_lineno or node.lineno)})
    text = "".join(f"{lines[number]}\n" for number in taken)
    return text, "\n".join("" if number in taken else line for number, line in enumerate(lines))


def _own_tests(module: ast.Module) -> Iterator[str]:
    """The names pytest will give; raises CodeError where they cannot be known before it runs."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield _plain(node)
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name.startswith("test"):
                    yield f"{node.name}::{_plain(member)}"


def _plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    for decorator in node.decorator_list:
        if "parametrize" in ast.unparse(decorator):
            reason = f"`{node.name}` is parametrised: write an examples table, or a loop"
            raise CodeError(reason, line=decorator.lineno)
    return node.name
