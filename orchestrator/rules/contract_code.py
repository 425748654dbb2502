"""What is wrong with the text of one stub or one test of a contract in Python, by syntax tree. Pure; nothing is run.

The ids of a test have to be known before there is anything it could be run on, and its outcome may not depend on more
than the program: so plain functions, nothing parametrised, nothing skipped, and an assertion in every one of them.
"""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator

from .declarations import Function, last_name, parsed

_DODGES = frozenset({"skip", "skipif", "xfail", "importorskip", "parametrize"})
_CLAIMS = frozenset({"raises", "fail", "warns", "approx_equal", "assert_called_once_with"})
_BARE = frozenset({"Protocol", "overload", "abstractmethod"})
_MODULE = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

Known = Callable[[str, str | None], str]
"""Why a test or a stub may not import a name (None for a whole module) of a module; empty where it may."""


def stub_flaws(text: str, known: Known) -> Iterator[str]:
    """What keeps a text from being a stub, as ends of a sentence about it."""
    module = parsed(text)
    if module is None:
        yield "is not Python that can be parsed"
        return
    if not any(isinstance(each, ast.ClassDef | Function | ast.Assign | ast.AnnAssign) for each in module.body):
        yield "declares nothing"
    for each in module.body:
        if not (isinstance(each, _MODULE) or _is_text(each) or _only_for_types(each)):
            yield f"has a statement that runs (line {each.lineno}): a stub only declares"
    for function in _functions(module):
        if not _is_empty(function):
            yield f"has a body in `{function.name}`: a stub's functions raise NotImplementedError and do nothing else"
    yield from imports(module, known)


def test_flaws(text: str, known: Known) -> Iterator[str]:
    """What keeps a text from being a locked test, as ends of a sentence about it."""
    module = parsed(text)
    if module is None:
        yield "is not Python that can be parsed"
        return
    functions = dict(_tests(module))
    if not functions:
        yield "has no test that pytest would collect: write functions whose names begin with `test_`"
    yield from _dodges(module)
    claiming = {each.name for each in _functions(module) if _claims(each)}
    for name, function in functions.items():
        called = {last_name(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
        if function.name not in claiming and not called & claiming:
            yield f"has a test that cannot fail: `{name}` asserts nothing"
    yield from imports(module, known)


def test_names(text: str) -> tuple[str, ...]:
    """The ids that pytest gives the tests of a file, without its path."""
    module = parsed(text)
    return tuple(name for name, _ in _tests(module)) if module is not None else ()


def filled(text: str) -> str:
    """The stub with every body that does nothing made to raise NotImplementedError, so that calling it is told."""
    module = parsed(text)
    if module is None:
        return text
    lines = text.split("\n")
    bodies = [each.body[-1] for each in _functions(module) if not _is_bare(each, module)]
    for last in sorted((each for each in bodies if _does_nothing(each)), key=lambda each: each.lineno, reverse=True):
        line = lines[last.lineno - 1].encode()
        end = last.end_col_offset or len(line)
        lines[last.lineno - 1] = (line[: last.col_offset] + b"raise NotImplementedError" + line[end:]).decode()
    return "\n".join(lines)


def imports(module: ast.Module, known: Known) -> Iterator[str]:
    """What a module imports and may not; imports for types alone are nobody's affair."""
    types = {id(node) for each in module.body if _only_for_types(each) for node in ast.walk(each)}
    for node in ast.walk(module):
        if id(node) in types:
            continue
        if isinstance(node, ast.Import):
            wrong = [known(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            wrong = ["imports by a relative path, which a test or a stub cannot rely on"]
        elif isinstance(node, ast.ImportFrom):
            wrong = [known(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        yield from dict.fromkeys(each for each in wrong if each)


def imported(text: str) -> frozenset[str]:
    """The first names of the modules that a text imports; none where it cannot be parsed."""
    module = parsed(text)
    nodes = ast.walk(module) if module is not None else ()
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def is_standard(module: str) -> bool:
    """Whether a module comes with Python, or is pytest."""
    root = module.partition(".")[0]
    return root in sys.stdlib_module_names or root in {"pytest", "_pytest"}


def _tests(module: ast.Module) -> Iterator[tuple[str, Function]]:
    """Test functions by what stands after the path in their ids."""
    for each in module.body:
        if isinstance(each, Function) and each.name.startswith("test"):
            yield each.name, each
        elif isinstance(each, ast.ClassDef) and each.name.startswith("Test"):
            methods = (inner for inner in each.body if isinstance(inner, Function) and inner.name.startswith("test"))
            yield from ((f"{each.name}::{method.name}", method) for method in methods)


def _functions(module: ast.Module) -> list[Function]:
    return [node for node in ast.walk(module) if isinstance(node, Function)]


def _dodges(module: ast.Module) -> Iterator[str]:
    used = {node.attr for node in ast.walk(module) if isinstance(node, ast.Attribute)}
    used |= {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    for name in sorted(used & _DODGES):
        why = "write a loop or more functions" if name == "parametrize" else "a locked test always runs"
        yield f"uses `{name}`: {why}"
    if any(isinstance(node, ast.Name) and node.id == "pytestmark" for node in ast.walk(module)):
        yield "sets `pytestmark`: a locked test always runs"


def _claims(function: Function) -> bool:
    """Whether something in it can fail by itself."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not _is_constant(node.test):
            return True
        if isinstance(node, ast.Call) and last_name(node.func) in _CLAIMS:
            return True
    return False


def _is_constant(test: ast.expr) -> bool:
    """``assert True`` and ``assert 1 == 1`` hold whatever the program does."""
    return not any(isinstance(node, ast.Name | ast.Call | ast.Attribute) for node in ast.walk(test))


def _is_empty(function: Function) -> bool:
    body = function.body[1:] if _is_text(function.body[0]) else function.body
    return not body or (len(body) == 1 and (_does_nothing(body[0]) or _refuses(body[0])))


def _does_nothing(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(statement, ast.Pass) or (isinstance(value, ast.Constant) and value.value is ...)


def _refuses(statement: ast.stmt) -> bool:
    error = statement.exc if isinstance(statement, ast.Raise) else None
    return error is not None and last_name(error) == "NotImplementedError"


def _is_bare(function: Function, module: ast.Module) -> bool:
    """Functions that nobody calls by themselves: of protocols, overloads, and what is abstract."""
    owner = next((each for each in ast.walk(module) if isinstance(each, ast.ClassDef) and function in each.body), None)
    marks: Iterable[ast.expr] = (*function.decorator_list, *(owner.bases if owner is not None else ()))
    return any(last_name(each) in _BARE for each in marks)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _only_for_types(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and last_name(statement.test) == "TYPE_CHECKING"
