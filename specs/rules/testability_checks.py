"""Group T, checks: could the code of a check ever say no, and does it say the same tomorrow?"""

import ast
import re
from collections.abc import Iterator, Mapping

from .. import console_test, python_test, script_test
from ..generating import program
from ..nouns import Check, Diagnostic, Row
from ..python_code import CodeError, literal
from ..scripts import walk
from ..transcript import Step
from .reading import Reading
from .rule import Rule
from .testability_scripts import bites, unsteady_calls

_VERIFYING = re.compile(r"assert|raises|fail|check|expect|verify|warns", re.IGNORECASE)
_FORGIVING = r"\|\|\s*(?:true|:|exit 0)(?:\s|$)"
_NETWORK = frozenset(
    {"requests", "httpx", "aiohttp", "urllib3", "smtplib", "ftplib", "paramiko", "boto3", "websockets"}
)
_NETWORK_CALLS = frozenset({"urllib.request.urlopen", "urlopen", "socket.create_connection", "socket.getaddrinfo"})
_CLOCKS = frozenset(
    {
        "time.time",
        "time.sleep",
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "datetime.datetime.now",
        "date.today",
    }
)
_CHANCE = frozenset({"uuid.uuid4", "uuid4", "os.urandom", "secrets.token_hex", "secrets.token_bytes", "secrets.choice"})
_SHELL_NETWORK = r"(?:^|[|;&(]\s*|\s)(?:curl|wget|ssh|scp|ping|git clone|pip install|npm install|nc)\s"
_SHELL_CLOCK = r"\$\(date\b|`date\b|(?:^|[|;&]\s*)(?:date|sleep)(?:\s|$)"
_SHELL_CHANCE = r"\$RANDOM|\bshuf\b|/dev/u?random|\bmktemp\b.*>&1|\buuidgen\b"
_LOOPBACK = r"localhost|127\.0\.0\.1|\[::1\]"
_VOLATILE = (
    (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d", "a time"),
    (r"(?<![\w.])/(?:home|Users|tmp|private|var/folders)/\w", "a path of one machine"),
    (r"\b0x[0-9a-f]{6,}\b", "an address"),
    (r"\b(?:in|took|after)\s+\d+\.\d+\s?(?:s|ms|sec|seconds)\b", "a duration"),
    (r"\bpid[ =:]+\d+", "the number of a process"),
)


def toothless(reading: Reading) -> Iterator[Diagnostic]:
    """Checks that are green whatever is built."""
    idle = [(check, "it asserts nothing") for check, module in reading.python if not any(map(_bites, ast.walk(module)))]
    idle += [(check, "it asserts nothing") for check, root in reading.scripts if not any(map(bites, walk(root)))]
    for check, found in reading.transcripts:
        if found and all(re.search(_FORGIVING, s.command) and not s.stdout and not s.stderr for s in found):
            idle.append((check, "its command forgives every failure"))
    for check, reason in idle:
        yield Diagnostic(code="SPT203", message=f"{check.id} cannot fail: {reason}", line=check.line, target=check.id)


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


def unsteady(reading: Reading) -> Iterator[Diagnostic]:
    """Checks that ask the network, the clock or chance."""
    for check, module in reading.python:
        seeded = "seed" in check.body or "Random(" in check.body or "property" in check.flags
        told = {what: line for what, line in _unsteady_calls(module) if not (seeded if what == "chance" else False)}
        yield from _of_code(check, told)
    for check, root in reading.scripts:
        yield from _of_code(check, dict(unsteady_calls(root)))
    for check, found in reading.transcripts:
        for step in found:
            yield from _of_command(check, step)


def _of_code(check: Check, told: Mapping[str, int]) -> Iterator[Diagnostic]:
    """``told`` are lines within the check, by what is asked there."""
    local = re.search(_LOOPBACK, check.body) is not None
    for what, line in told.items():
        if not (what == "the network" and local):
            yield _unsteady(check, what, check.line + line - 1)


def _of_command(check: Check, step: Step) -> Iterator[Diagnostic]:
    for what, pattern in (("the network", _SHELL_NETWORK), ("the clock", _SHELL_CLOCK), ("chance", _SHELL_CHANCE)):
        local = what == "the network" and re.search(_LOOPBACK, step.command)
        if re.search(pattern, step.command) and not local:
            yield _unsteady(check, what, step.line)


def _unsteady(check: Check, what: str, line: int) -> Diagnostic:
    message = f"{check.id} asks {what}, so it may say another thing tomorrow: use a fixture, a fixed time, a seed"
    return Diagnostic(code="SPT204", message=message, line=line, target=check.id)


def _unsteady_calls(module: ast.Module) -> Iterator[tuple[str, int]]:
    """What a check asks that is not the same each time, with the line within it."""
    for node in ast.walk(module):
        match node:
            case ast.Import(names=[ast.alias(name=name), *_]) | ast.ImportFrom(module=str(name)):
                if name.partition(".")[0] in _NETWORK:
                    yield "the network", node.lineno
            case ast.Call(func=func):
                called = ast.unparse(func) if isinstance(func, ast.Attribute | ast.Name) else ""
                if called in _NETWORK_CALLS:
                    yield "the network", node.lineno
                elif called in _CLOCKS:
                    yield "the clock", node.lineno
                elif called in _CHANCE or (
                    called.startswith("random.") and called not in {"random.seed", "random.Random"}
                ):
                    yield "chance", node.lineno
            case _:
                pass


def narrow_table(reading: Reading) -> Iterator[Diagnostic]:
    """Tables with one row, or with none at a boundary."""
    for table in reading.spec.tables:
        if len(table.rows) == 1:
            message = f"{table.id} has one row: a second one shows what changes with the arguments"
            yield Diagnostic(code="SPT209", message=message, line=table.line, target=table.id)
        elif not any(map(_at_boundary, table.rows)):
            message = f"{table.id} has no row at a boundary: empty, 0, the least, the greatest, or what is refused"
            yield Diagnostic(code="SPT209", message=message, line=table.line, target=table.id)


def _at_boundary(row: Row) -> bool:
    return row.raises or any(map(_extreme, row.inputs))


def _extreme(source: str) -> bool:
    """Whether a value is empty, zero, negative, alone in its collection, or of more than a screen."""
    try:
        value = literal(source)
    except CodeError:
        return False
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return value <= 0 or value != value or abs(value) >= 2**31 - 1  # noqa: PLR0124 - only NaN is not itself
    if isinstance(value, str | bytes | list | tuple | dict | set):
        return not value or (isinstance(value, str) and not value.strip()) or len(value) == 1
    return value is None


_COMPILERS = {"python": python_test.source, "script": script_test.source}


def broken(reading: Reading) -> Iterator[Diagnostic]:
    """Checks that do not compile."""
    sound = {check.id for check, found in reading.transcripts if found}
    for check in reading.spec.checks:
        if not check.executable or check.id in sound:
            continue
        compile_check = _COMPILERS.get(check.kind, console_test.source)
        try:
            compile_check(check, name="test", where="")
        except CodeError as error:
            line = check.line + error.line - 1
            yield Diagnostic(code="SPT212", message=f"{check.id}: {error}", line=line, target=check.id)


def volatile(reading: Reading) -> Iterator[Diagnostic]:
    """Expected output that is another one in each run; what a fixture or the command itself says stays the same."""
    given = "\n".join(fixture.text for fixture in reading.spec.fixtures)
    for check, found in reading.transcripts:
        for step in found:
            for line, what in _volatile_lines(step, given):
                message = f"{check.id} expects {what}: write ... for it in `{line[:60]}`"
                yield Diagnostic(code="SPT213", message=message, line=_line_of(reading, step, line), target=check.id)


def _volatile_lines(step: Step, given: str) -> Iterator[tuple[str, str]]:
    for line in (*step.stdout, *(step.stderr or ())):
        for pattern, what in _VOLATILE if "..." not in line else ():
            found = re.search(pattern, line)
            if found and found[0] not in given and found[0] not in step.command:
                yield line, what


def _line_of(reading: Reading, step: Step, text: str) -> int:
    """Where a line of expected output stands, below its command."""
    after = range(step.line, len(reading.lines))
    return next((number + 1 for number in after if reading.lines[number].strip().endswith(text.strip())), step.line)


def unrunnable(reading: Reading) -> Iterator[Diagnostic]:
    """Checks in a language that nothing here runs."""
    for check in reading.spec.checks:
        if check.kind == "other" and "manual" not in check.flags:
            instead = f"write {check.id} as console, python, ts, js, or manual"
            message = f"nothing here runs `{check.language}` checks: {instead}"
            yield Diagnostic(code="SPT215", message=message, line=check.line - 1, target=check.id)


def unmakeable(reading: Reading) -> Iterator[Diagnostic]:
    """Fixtures whose code cannot run."""
    for fixture in reading.spec.fixtures:
        if fixture.generator:
            try:
                program(fixture, file="")
            except CodeError as error:
                message = f"the code that makes `{fixture.path}` is not Python: {error}"
                line = fixture.line + error.line
                yield Diagnostic(code="SPT216", message=message, line=line, target=fixture.path)


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
_BASE = "\n```console R1\n$ a\n1\n```\n"
_F = "# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** `f` MUST add 1.\n\n"
RULES = (
    Rule(
        code="SPT203",
        name="cannot-fail",
        severity="error",
        why="A check that cannot fail is green whatever is built.",
        source="smartme_mqtt issue 25",
        bad=_R1 + "\n```python R1\nimport a\n```\n",
        good=_R1 + "\n```python R1\nimport a\nassert a.one() == 1\n```\n",
        find=toothless,
    ),
    Rule(
        code="SPT204",
        name="unsteady-check",
        severity="warning",
        why="A check that fails by itself now and then is soon not believed when it is right.",
        source="flaky tests: Luo and others, An Empirical Analysis of Flaky Tests, 2014",
        bad=_R1 + "\n```python R1\nimport time\nimport a\nassert a.now() == time.time()\n```\n",
        good=_R1 + "\n```python R1\nimport a\nassert a.at(1700000000) == '2023-11-14'\n```\n",
        find=unsteady,
    ),
    Rule(
        code="SPT209",
        name="narrow-table",
        severity="info",
        why="Programs are wrong at the ends: the empty text, 0, the greatest value, what is refused.",
        source="boundary value analysis: Myers, The Art of Software Testing",
        bad=_F + "| x | => |\n|---|---|\n| `1` | `2` |\n",
        good=_F + "| x | => |\n|---|---|\n| `1` | `2` |\n| `0` | `1` |\n",
        find=narrow_table,
    ),
    Rule(
        code="SPT212",
        name="does-not-compile",
        severity="error",
        why="A check that does not compile is red whatever is built.",
        source="this format",
        bad=_R1 + "\n```python R1\nassert (1 ==\n```\n",
        good=_R1 + "\n```python R1\nimport a\nassert a.one() == 1\n```\n",
        find=broken,
    ),
    Rule(
        code="SPT213",
        name="volatile-output",
        severity="warning",
        why="A time, an address or a path of one machine is another one in the next run.",
        source="doctest's ELLIPSIS",
        bad=_R1 + "\n```console R1\n$ a\nbuilt 2026-03-01 12:30 in 0.03 s\n```\n",
        good=_R1 + "\n```console R1\n$ a\nbuilt ... in ... s\n```\n",
        find=volatile,
    ),
    Rule(
        code="SPT215",
        name="no-runner",
        severity="warning",
        why="A check that nothing runs leaves its requirement unverified.",
        source="this format",
        bad=_R1 + "\n```ruby R1\nraise unless one == 1\n```\n",
        good=_R1 + "\n```ruby R1 manual\nraise unless one == 1\n```\n",
        find=unrunnable,
    ),
    Rule(
        code="SPT216",
        name="fixture-by-broken-code",
        severity="error",
        why="A check that reads a file which cannot be made fails whatever is built.",
        source="this format",
        bad=_R1 + "\n```python fixture data/big.csv\nprint(1\n```\n",
        good=_R1 + "\n```python fixture data/big.csv\nprint(1)\n```\n",
        find=unmakeable,
    ),
)
