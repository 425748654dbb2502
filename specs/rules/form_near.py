"""Group F, near misses: what was probably meant to be an item, a check or a table, and is read as prose."""

import re
from collections.abc import Iterator, Mapping

from ..names import ITEM_ID, plain_letters
from ..nouns import Diagnostic
from ..sections import section
from ..tables import is_examples
from .reading import Reading
from .rule import Hit, Rule

_LETTERS = "REPNQAI"
_LEAD = r"\s{0,3}(?:[-*+]\s+|\d+[.)]\s+|#{2,6}\s+)"
_BULLET = r"\s{0,3}(?:[-*+]|\d+[.)])\s"
_NEAR_ID = (
    rf"[*_]*[\[(`]?(?P<id>(?:[{_LETTERS}{_LETTERS.lower()}][-_#]?|(?:FR|NFR|REQ|SC|AC)[-_ ]?)\d{{1,4}}(?:\.\d+)*)"
    r"[\])`]?[:.]?[*_]*[:.)]?\s+(?=\S)"
)
_DEMANDS = r"\b(?:MUST|SHALL|SHOULD|must|shall|should)\b"
_FENCE_ID = rf"[\[({{<]?(?:req=|ids?=)?([{_LETTERS}{_LETTERS.lower()}])-?(\d{{1,3}})[\])}}>]?\Z"
_RESULT = frozenset(
    {
        "expected",
        "output",
        "result",
        "results",
        "returns",
        "return",
        "expected output",
        "expected result",
        "->",
        "→",
        "=",
        "==",
        "out",
    }
)
_DELIMITER = r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)+\|?\s*\Z"


def near_id(reading: Reading) -> Iterator[Diagnostic]:
    """Lines that begin with what is nearly an id: ``R1`` without bold, ``R-1``, ``FR-001``, an id amid a heading.

    Letters and digits that look like those of an id, such as full-width ones, are nearly one too.
    """
    known = {item.line for item in reading.spec.items.values() if not item.temporary}
    known |= {hit.line for hit in reading.spec.diagnostics if hit.code in {"SPI001", "SPI003"}}
    beside = _beside(reading)
    for number, line in _prose(reading):
        lead = re.match(_LEAD, line)
        found = re.compile(_NEAR_ID).match(plain_letters(line), lead.end()) if lead else None
        if not found or number in known:
            continue
        letter = found["id"][0].upper() if len(re.sub(r"[^A-Za-z]", "", found["id"])) == 1 else "R"
        if not _meant(line) and letter not in beside.get(number, ()):
            continue
        digits = re.sub(r"\D+", "", found["id"].partition(".")[0])[-3:]
        written = line[found.start("id") : found.end("id")]
        message = f"`{written}` is not read as an id: an item begins with **{letter}{int(digits or 0)}**"
        yield Diagnostic(code="SPF016", message=message, line=number, col=found.start("id") + 1)


def _meant(line: str) -> bool:
    """Whether a line could be an item: a heading with a requirement's id, or a sentence that demands something."""
    heading = re.match(r"\s*#+\s+\W*(?:R[-_#]?\d|FR|NFR|REQ)", line) is not None
    return heading or (not line.lstrip().startswith("#") and re.search(_DEMANDS, line) is not None)


def _beside(reading: Reading) -> Mapping[int, frozenset[str]]:
    """By line of a bullet that is no item, the letters of the ids in its list: among requirements A4 is paper."""
    items = {item.line: item for item in reading.spec.items.values()}
    if all(item.temporary for item in items.values()):
        return {}
    found: dict[int, frozenset[str]] = {}
    for bullets in _lists(reading):
        letters = frozenset(items[n].id[0] for n in bullets if n in items and not items[n].temporary)
        found |= {n: letters for n in bullets if n not in items}
    return found


def _lists(reading: Reading) -> Iterator[list[int]]:
    """The lines of the bullets of each list; a heading, a fence or a paragraph at the margin ends one."""
    bullets: list[int] = []
    last, blank = 0, False
    for number, line in _prose(reading):
        fenced = number != last + 1 and not reading.lines[last].startswith(" ")
        if re.match(_BULLET, line):
            if fenced:
                yield bullets
                bullets = []
            bullets.append(number)
        elif fenced or line.startswith("#") or (blank and line.strip() and not line.startswith((" ", "\t"))):
            yield bullets
            bullets = []
        last, blank = number, not line.strip()
    yield bullets


def near_check(reading: Reading) -> Iterator[Diagnostic]:
    """Fences whose words are nearly ids: ``r1``, ``[R1]``, ``req=R1``."""
    for fence in reading.spec.fences:
        if fence.words[:1] in {("interface",), ("fixture",)} or any(ITEM_ID.match(word) for word in fence.words):
            continue
        for word in fence.words:
            found = re.match(_FENCE_ID, word)
            meant = f"{found[1].upper()}{int(found[2])}" if found else ""
            if meant in reading.spec.items:
                message = f"`{word[:40]}` is not read as an id, so this fence checks nothing: write {meant}"
                yield Diagnostic(code="SPF017", message=message, line=fence.line, target=meant)


def near_table(reading: Reading) -> Iterator[Diagnostic]:
    """Tables whose last column is called result or the like, while the others are arguments of a declared function.

    A hint for any other table below a heading Examples: it may be for reading, as in a README.
    """
    arguments = {
        name
        for interface in reading.spec.interfaces
        for symbol in interface.symbols
        if symbol.signature is not None
        for name in re.findall(r"(?:^|,)\s*\**([A-Za-z_]\w*)", symbol.signature)
    }
    tried = {hit.line for hit in reading.spec.diagnostics if hit.code == "SPF010"}
    heads = {heading.line: section(heading.text) == "examples" for heading in reading.spec.headings}
    lines = dict(_prose(reading)) if arguments or any(heads.values()) else {}
    listed = False  # under a heading Examples
    for number, line in lines.items():
        listed = heads.get(number, listed)
        if number in tried or "|" not in line or not re.match(_DELIMITER, lines.get(number + 1, "")):
            continue
        *others, last = [cell.strip().strip("`*").strip() for cell in line.strip().strip("|").split("|")]
        meant = last.lower() in _RESULT and others and set(others) <= arguments
        if meant or (listed and not is_examples([last])):
            message = (
                f"this looks like a table of examples, and is not read as one: head its last column `=>`, not `{last}`"
            )
            yield Hit(code="SPF018", message=message, line=number, severity=None if meant else "info")


def _prose(reading: Reading) -> Iterator[tuple[int, str]]:
    """The lines outside fences, with their numbers."""
    fenced = {n for fence in reading.spec.fences for n in range(fence.line, fence.end_line + 1)}
    return ((n, line) for n, line in enumerate(reading.lines, 1) if n not in fenced)


_OK = "# a\n\n- **R1** It MUST print `1`.\n"
_F = "# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** `f` MUST add 1.\n\n"
RULES = (
    Rule(
        code="SPF016",
        name="near-id",
        severity="warning",
        why="A line that begins with nearly an id is read as something else, and what it demands loses its name.",
        source="this format: an item begins with a bold id; FR-001 is spec-kit's",
        bad=_OK + "\n## Later\n\n- R2 It MUST end.\n",
        good=_OK + "\n## Later\n\n- **R2** It MUST end.\n",
        find=near_id,
    ),
    Rule(
        code="SPF017",
        name="near-check",
        severity="warning",
        why="A fence whose id is nearly written is an illustration, and its requirement stays unchecked.",
        source="this format: ids stand after the language",
        bad=_OK + "\n```console r1\n1\n```\n",
        good=_OK + "\n```console R1\n$ a\n1\n```\n",
        find=near_check,
    ),
    Rule(
        code="SPF018",
        name="near-table",
        severity="warning",
        why="A table without `=>` is prose: none of its rows is tried.",
        source="this format: the last column of examples is =>",
        bad=_F + "| x | expected |\n|---|---|\n| `1` | `2` |\n",
        good=_F + "| x | => |\n|---|---|\n| `1` | `2` |\n",
        find=near_table,
    ),
)
