"""Group T: can code decide it, and could that code ever say no?"""

import ast
import re
from collections.abc import Iterator

from .. import console_test, python_test
from ..nouns import Check, Diagnostic, Spec
from ..python_code import CodeError, tree
from ..transcript import steps
from .rule import Rule, at_item

_VERIFYING = re.compile(r"assert|raises|fail|check|expect|verify|warns", re.IGNORECASE)
_FORGIVING = re.compile(r"\|\|\s*(?:true|:|exit 0)(?:\s|$)")


def unchecked(spec: Spec) -> Iterator[Diagnostic]:
    """MUSTs that nothing decides."""
    for item in spec.normative:
        must = item.strength == "MUST" and item.kind in {"requirement", "invariant", "performance"}
        if must and spec.level != "L0" and not spec.checks_of(item.id):
            yield at_item(item, "SPT201", f"no check or example decides {item.id}, which is a MUST")


def toothless(spec: Spec) -> Iterator[Diagnostic]:
    """Checks that are green whatever is built."""
    for check in spec.checks:
        if check.executable and not (_python_bites(check) if check.kind == "python" else _console_bites(check)):
            message = f"{check.id} cannot fail: " + (
                "it asserts nothing" if check.kind == "python" else "its command forgives every failure"
            )
            yield Diagnostic(code="SPT203", message=message, line=check.line, target=check.id)


def _python_bites(check: Check) -> bool:
    try:
        nodes = list(ast.walk(tree(check.body)))
    except CodeError:
        return True
    return any(_bites(node) for node in nodes)


def _bites(node: ast.AST) -> bool:
    match node:
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.Assert() | ast.Raise():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return _VERIFYING.search(name) is not None
        case _:
            return False


def _console_bites(check: Check) -> bool:
    found = steps(check.body, line=check.line)
    return not found or any(step.stdout or step.stderr or not _FORGIVING.search(step.command) for step in found)


def unrunnable(spec: Spec) -> Iterator[Diagnostic]:
    """Checks in a language that nothing here runs."""
    for check in spec.checks:
        if check.kind == "other" and "manual" not in check.flags:
            message = f"nothing here runs `{check.language}` checks: write {check.id} as console, python, or manual"
            yield Diagnostic(code="SPT215", message=message, line=check.line - 1, target=check.id)


def broken(spec: Spec) -> Iterator[Diagnostic]:
    """Checks that do not compile."""
    for check in spec.checks:
        if not check.executable:
            continue
        compiler = python_test if check.kind == "python" else console_test
        try:
            compiler.source(check, name="test", where="")
        except CodeError as error:
            line = check.line + error.line - 1
            yield Diagnostic(code="SPT212", message=f"{check.id}: {error}", line=line, target=check.id)


def generated(spec: Spec) -> Iterator[Diagnostic]:
    """Fixtures made by code that nothing here runs."""
    for fixture in spec.fixtures:
        if fixture.generator:
            message = f"nothing here runs the code that makes `{fixture.path}`: write the file as a text fixture"
            yield Diagnostic(code="SPT216", message=message, line=fixture.line, target=fixture.path)


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPT201",
        severity="warning",
        why="What no code decides is done when somebody says so.",
        bad=_R1,
        good=_R1 + "\n```console R1\n$ a\n1\n```\n",
        find=unchecked,
    ),
    Rule(
        code="SPT203",
        severity="error",
        why="A check that cannot fail is green whatever is built.",
        bad=_R1 + "\n```python R1\nimport a\n```\n",
        good=_R1 + "\n```python R1\nimport a\nassert a.one() == 1\n```\n",
        find=toothless,
    ),
    Rule(
        code="SPT212",
        severity="error",
        why="A check that does not compile is red whatever is built.",
        bad=_R1 + "\n```python R1\nassert (1 ==\n```\n",
        good=_R1 + "\n```python R1\nimport a\nassert a.one() == 1\n```\n",
        find=broken,
    ),
    Rule(
        code="SPT215",
        severity="warning",
        why="A check that nothing runs leaves its requirement unverified.",
        bad=_R1 + "\n```ruby R1\nraise unless one == 1\n```\n",
        good=_R1 + "\n```ruby R1 manual\nraise unless one == 1\n```\n",
        find=unrunnable,
    ),
    Rule(
        code="SPT216",
        severity="error",
        why="A check that reads a file which nobody makes fails whatever is built.",
        bad=_R1 + "\n```python fixture data/big.csv\nprint(1)\n```\n",
        good=_R1 + "\n```text fixture data/big.csv\n1\n```\n",
        find=generated,
    ),
)
