"""What a check that failed says in one line, and where in the spec: read off pytest's text of it. Pure."""

import re
from collections.abc import Iterator, Sequence

from ..nouns.plan import LockedTest

LONGEST = 120
"""Characters of such a line."""
_QUOTE = 40
"""Characters of each of two lines that are held against each other."""
_BEFORE = 12
"""Of those, how many stand before the first that differs."""
_SAID = re.compile(r"E(?: {1,3}(.*)|\s*)")
_ROW = re.compile(r"\[row(\d+)\]$")
_NUMBERED = re.compile(r"  # .*?:(\d+)$")
_SCRIPT = re.compile(r".* // [^\n]*?:(\d+)(?:\n|$)")
"""The line of a check in JavaScript, which stands first in its failure."""
_STEP = re.compile(r"""\s*['"]?[^'"]*?:(\d+): \$ """)
_EXIT = re.compile(r"exit (-?\d+), the spec says (\d+)")
_COMPARED = re.compile(r"the spec says of (stdout|stderr)")
_CASE = re.compile(r"AssertionError: \S[^()=]*:\d+")
_NOT_STARTED = "pytest could not be started"
_COMPLAINT = re.compile(r"(?:ERROR|[\w.-]+: error): (?!usage: )(.+)")
"""How pytest says what is wrong with its settings."""
_NO_MODULE = re.compile(r"^E\s+ModuleNotFoundError: No module named '([\w.]+)'", re.MULTILINE)
_FUNCTION = re.compile(r"::(\w+)(?:\[.*\])?$")
_MARKED = re.compile(r".*  # .*?:(\d+)$")
_RAISED = re.compile(r"AssertionError: |Failed: .*?:\d+: (?=nothing was raised$)")


def reason(detail: str) -> str:
    """The line that says most about a failure: of a transcript, what was expected and what came."""
    stripped = [line.strip() for line in detail.splitlines() if line.strip()]
    said = _said(detail)
    if stripped and stripped[0].startswith(_NOT_STARTED):
        why = [found[1] for line in stripped[1:] if (found := _COMPLAINT.match(line))] or said or stripped[1:]
        return _cut(f"{_NOT_STARTED}: {why[0].strip()}" if why else stripped[0])
    if not said:
        return _cut(stripped[0]) if stripped else ""
    return _cut(_of_transcript(said) or _of_assertion(said))


def spec_line(detail: str, test: LockedTest, name: str) -> int:
    """The line of the spec where a test of this file failed; 0 where neither its text nor its place tells.

    ``name`` is the test's id. Of the frames inside the check the innermost counts; a row of a table stands in its name.
    """
    if row := _ROW.search(name):
        case = re.search(rf':(\d+)", id="row{row[1]}"\)', test.text)
        return int(case[1]) if case else 0
    if script := _SCRIPT.match(detail):
        return int(script[1])
    said = _said(detail)
    if said and (_EXIT.search(said[0]) or _COMPARED.search(said[0])):
        return next((int(step[1]) for line in said[1:] if (step := _STEP.match(line))), 0)
    frames = re.findall(rf"^{re.escape(test.path)}:(\d+): ", detail, re.MULTILINE)
    text = test.text.split("\n")
    return next((line for frame in reversed(frames) if (line := _written(text, int(frame)))), 0) or _said_by_name(
        detail, text, name
    )


def _said_by_name(detail: str, text: Sequence[str], name: str) -> int:
    """The line that imports what is not there, else the first of the test, where no frame is in what was written."""
    missing, function = _NO_MODULE.search(detail), _FUNCTION.search(name)
    wanted = []
    if missing:
        wanted.append(rf"\s*(?:from|import)\s.*\b{re.escape(missing[1].partition('.')[0])}\b")
    if function:
        wanted.append(rf"\s*(?:async\s+)?def\s+{re.escape(function[1])}\b")
    found = (_MARKED.match(line) for start in wanted for line in text if re.match(start, line))
    return next((int(match[1]) for match in found if match), 0)


def _written(text: Sequence[str], number: int) -> int:
    """The line of the spec that a line of a compiled check comes from; a command's stands beside its call."""
    near = text[max(0, number - 1) : number + 1]
    if near and (found := _NUMBERED.search(near[0])):
        return int(found[1])
    steps = (step for line in (*near, *text[max(0, number - 2) : number - 1]) if (step := _STEP.match(line)))
    return next((int(step[1]) for step in steps), 0)


def _said(detail: str) -> list[str]:
    """What pytest marks as the error, without its marks."""
    return [match[1] or "" for line in detail.splitlines() if (match := _SAID.fullmatch(line.rstrip()))]


def _of_assertion(said: Sequence[str]) -> str:
    if _CASE.fullmatch(said[0]) and len(said) > 1:
        said = said[1:]
    return said[0].strip().removeprefix(found[0] if (found := _RAISED.match(said[0].strip())) else "")


def _of_transcript(said: Sequence[str]) -> str:
    """What differs; empty for what is no failure of a transcript."""
    at = next((number for number, line in enumerate(said) if number and _STEP.match(line)), 0)
    if not at:
        return ""
    out, err = _streams(said[at + 1 :])
    if ended := _EXIT.search(said[0]):
        complaint = f": {err[-1].strip()}" if err else ""
        return f"exit {ended[1]}, expected {ended[2]}{complaint}"
    if compared := _COMPARED.search(said[0]):
        wanted = said[1:at] if list(said[1:at]) != [""] else ()
        difference = _difference(wanted, out if compared[1] == "stdout" else err)
        return f"{compared[1]}: {difference}" if difference else ""
    return ""


def _streams(told: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines of stdout and of stderr; what else the command line has comes before, what pytest adds after."""
    lines = list(told)
    begin = lines.index("stdout:") + 1 if "stdout:" in lines else 0
    end = next((n for n in range(len(lines) - 1, begin - 1, -1) if lines[n].startswith("[exit ")), len(lines))
    inside = lines[begin:end]
    middle = next((n for n in range(len(inside) - 1, -1, -1) if inside[n] == "stderr:"), len(inside))
    return inside[:middle], inside[middle + 1 :]


def _difference(wanted: Sequence[str], came: Sequence[str]) -> str:
    """The first line that is not as it is written; ``...`` stands for anything, as in transcript_runner.py."""
    ways = {0}
    for pattern in wanted:
        after = set(_after(pattern.rstrip(), came, ways))
        if not after:
            if len(ways) > 1:
                return f"expected {_quoted(pattern)}, got no such line"
            return _against(pattern, came, min(ways))
        ways = after
    return "" if len(came) in ways else f"expected no more, got {_quoted(came[max(ways)])}"


def _after(pattern: str, came: Sequence[str], ways: set[int]) -> Iterator[int]:
    """How many lines may be read after a pattern, where so many may have been read before it."""
    if pattern == "...":
        yield from range(min(ways), len(came) + 1)
    else:
        yield from (number + 1 for number in ways if number < len(came) and _matches(came[number], pattern))


def _matches(line: str, pattern: str) -> bool:
    first, *rest = pattern.split("...")
    if not rest:
        return line == first
    if not line.startswith(first):
        return False
    place = len(first)
    for part in rest[:-1]:
        place = line.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return len(line) - place >= len(rest[-1]) and line.endswith(rest[-1])


def _against(pattern: str, came: Sequence[str], at: int) -> str:
    if at >= len(came):
        return f"expected {_quoted(pattern)}, got {'nothing more' if at else 'nothing'}"
    line = came[at]
    differs = next((n for n, (a, b) in enumerate(zip(pattern, line, strict=False)) if a != b), 0)
    differs = differs or min(len(pattern), len(line)) * (pattern[:1] == line[:1])
    return f"expected {_quoted(pattern, differs)}, got {_quoted(line, differs)}"


def _quoted(text: str, at: int = 0) -> str:
    """The text, or what of it stands around the place that matters."""
    start = max(0, min(at - _BEFORE, len(text) - _QUOTE)) if at > _QUOTE - _BEFORE else 0
    shown = text[start : start + _QUOTE]
    more = "..." if start + _QUOTE < len(text) else ""
    return f'"{"..." if start else ""}{shown}{more}"'


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."
