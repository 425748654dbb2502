"""Python in a spec, read as a syntax tree and never run. Untrusted text; nothing here raises on any of it."""

import ast
import builtins
import io
import textwrap
import tokenize
import warnings
from collections.abc import Collection, Iterator

from .nouns import Symbol


class CodeError(Exception):
    """The text is not Python; carries the reason and the line within it. Caught wherever a spec is read."""

    def __init__(self, reason: str, *, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def tree(source: str) -> ast.Module:
    """The syntax tree of a module; raises CodeError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return ast.parse(source)
    except SyntaxError as error:
        raise CodeError(error.msg, line=error.lineno or 1) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise CodeError(str(error) or type(error).__name__) from error


def compiles(source: str, *, of: str) -> None:
    """Raise CodeError unless a whole module made out of the code ``of`` would run; the line is that within ``of``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "check", "exec", dont_inherit=True)
    except SyntaxError as error:
        wrong = source.split("\n")[(error.lineno or 1) - 1 : error.lineno]
        at = next((n for n, line in enumerate(of.split("\n"), 1) if wrong and line.strip() == wrong[0].strip()), 1)
        raise CodeError(error.msg, line=at) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise CodeError(str(error) or type(error).__name__) from error


def literal(source: str) -> object:
    """The value of a Python literal; raises CodeError for anything that is not one."""
    try:
        expression = tree(f"({source}\n)").body
        if len(expression) == 1 and isinstance(expression[0], ast.Expr):
            value: object = ast.literal_eval(expression[0].value)
            return value
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise CodeError("not a Python literal") from error
    raise CodeError("not a Python literal")


def symbols(source: str, *, first_line: int) -> tuple[Symbol, ...]:
    """What a stub declares at its top level; raises CodeError."""
    return tuple(_symbols(tree(source), first_line=first_line))


def _symbols(module: ast.Module, *, first_line: int) -> Iterator[Symbol]:
    for node in module.body:
        line = first_line + getattr(node, "lineno", 1) - 1
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield Symbol(name=node.name, kind="function", line=line, signature=ast.unparse(node.args))
            case ast.ClassDef():
                yield Symbol(name=node.name, kind="class", line=line)
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield Symbol(name=name, kind="value", line=line)
            case ast.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        yield Symbol(name=target.id, kind="value", line=line)
            case _:
                pass


def imports(source: str) -> dict[str, str]:
    """Which module each name of a ``from module import name`` comes from; nothing where the text is not Python."""
    try:
        nodes = list(ast.walk(tree(source)))
    except CodeError:
        return {}
    found = (node for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level)
    return {alias.asname or alias.name: node.module or "" for node in found for alias in node.names}


def free_names(expression: str, *, declared: Collection[str] = ()) -> frozenset[str]:
    """Names an expression uses and does not bind, without builtins that are not ``declared``; raises CodeError."""
    nodes = list(ast.walk(_expression(expression)))
    names = frozenset(node.id for node in nodes if isinstance(node, ast.Name))
    own = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return names - own - (frozenset(dir(builtins)) - frozenset(declared))


def called_names(expression: str) -> frozenset[str]:
    """Names an expression calls, as ``square`` in ``square(square)``; raises CodeError."""
    calls = (node.func for node in ast.walk(_expression(expression)) if isinstance(node, ast.Call))
    return frozenset(func.id for func in calls if isinstance(func, ast.Name))


def calling(expression: str, name: str, *, by: str) -> str:
    """The expression with each call of ``name`` made by another name, ``by``; what only has its name stays."""
    body = _expression(expression)
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            node.func = ast.Name(id=by, ctx=ast.Load())
    return ast.unparse(body)


def _expression(source: str) -> ast.expr:
    body = tree(source).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise CodeError("not one expression")
    return body[0].value


def is_exception(name: str) -> bool:
    """Whether a name is one of Python's own exceptions."""
    known = getattr(builtins, name, None)
    return isinstance(known, type) and issubclass(known, BaseException)


def indented(source: str, prefix: str) -> str:
    """Code moved right, except the inner lines of its multi-line strings, whose value must not change."""
    fixed = {
        line
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }
    numbers = iter(range(1, source.count("\n") + 2))
    return textwrap.indent(source, prefix, lambda line: (next(numbers) not in fixed) and bool(line.strip()))


def numbered(source: str, *, file: str, first: int) -> str:
    """Code with a comment at the end of each line that says which line of ``file`` it is; ``first`` is the first's.

    Lines that end inside a string or in a backslash stay as they are, for a comment there would change the code.
    """
    try:
        ends = _ends(source)
    except (tokenize.TokenError, SyntaxError):
        return source
    return "\n".join(
        f"{line.rstrip()}  # {file}:{number + first - 1}" if number in ends and line.strip() else line
        for number, line in enumerate(source.split("\n"), 1)
    )


def _ends(source: str) -> Collection[int]:
    """The lines that end where a comment may stand; without a mark of what goes on in the next line, all of them."""
    if not any(mark in source for mark in ('"""', "'''", "\\\n", "\r", "\f")):
        return range(1, source.count("\n") + 2)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0] for token in tokens if token.type in {tokenize.NEWLINE, tokenize.NL}}
