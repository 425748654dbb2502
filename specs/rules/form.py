"""Group F: is the file written in the format?"""

import re
from collections.abc import Iterator

from ..names import suggestion
from ..nouns import Check, Diagnostic, Examples, Fence
from .reading import Reading
from .rule import Rule, at_item

_MOST_WORDS = 1500
_MOST_MUSTS = 40
_NORMATIVE = re.compile(r"\b(?:MUST|SHALL)\b")


def untitled(reading: Reading) -> Iterator[Diagnostic]:
    """A spec that has no title."""
    spec = reading.spec
    if not spec.title:
        yield Diagnostic(code="SPF003", message="the spec has no title: begin with `# name: what it is for`", line=1)


def hidden_norm(reading: Reading) -> Iterator[Diagnostic]:
    """Comments that demand something."""
    spec = reading.spec
    for comment in spec.comments:
        if _NORMATIVE.search(comment.text):
            message = "a requirement stands in an HTML comment, where nobody reads it"
            yield Diagnostic(code="SPF006", message=message, line=comment.line)


def undeclared_check(reading: Reading) -> Iterator[Diagnostic]:
    """Checks and tables of ids that no item has."""
    spec = reading.spec
    parts: list[Check | Examples] = [*spec.checks, *spec.tables]
    for part in parts:
        for item_id in part.ids:
            if item_id not in spec.items:
                message = f"{part.id} checks {item_id}, which is not declared{suggestion(item_id, spec.items)}"
                line = part.line - isinstance(part, Check)  # the first line of its fence
                yield Diagnostic(code="SPF008", message=message, line=line, target=part.id)


def idle_fence(reading: Reading) -> Iterator[Diagnostic]:
    """Fences that look like checks and name no id; told once where no item has an id that they could name."""
    spec = reading.spec
    used = {check.line - 1 for check in spec.checks}
    idle = [fence for fence in spec.fences if fence.line not in used and _looks_like_check(fence)]
    if idle and all(item.temporary for item in spec.items.values()):
        message = f"{len(idle)} fences look like checks, this is the first: with ids, items could be checked by them"
        yield Diagnostic(code="SPF009", message=message, line=idle[0].line)
        return
    for fence in idle:
        message = "this fence looks like a check and names no requirement: add its id after the language, such as R1"
        yield Diagnostic(code="SPF009", message=message, line=fence.line)


def _looks_like_check(fence: Fence) -> bool:
    code = (line.strip() for line in fence.body.split("\n"))
    given = fence.words[:1] in {("interface",), ("fixture",)}
    return not given and any(line.startswith(("assert ", "$ ")) for line in code)


def long(reading: Reading) -> Iterator[Diagnostic]:
    """Specs too long to keep in mind."""
    spec = reading.spec
    words = len(spec.text.split())
    musts = sum(1 for item in spec.normative if item.strength == "MUST")
    if words > _MOST_WORDS or musts > _MOST_MUSTS:
        message = f"{words} words and {musts} MUSTs: two specs would be easier to plan and to check"
        yield Diagnostic(code="SPF011", message=message, line=1)


def prose_only(reading: Reading) -> Iterator[Diagnostic]:
    """Specs that are one paragraph."""
    spec = reading.spec
    if spec.level == "L0" and spec.items:
        item = next(iter(spec.items.values()))
        message = "the whole text is taken as one requirement; write bullets to have more"
        yield at_item(item, "SPF012", message)


def empty(reading: Reading) -> Iterator[Diagnostic]:
    """Specs that require nothing."""
    spec = reading.spec
    if not spec.normative:
        message = "the spec requires nothing: write what must be true as `- **R1** ... MUST ...`"
        yield Diagnostic(code="SPF013", message=message, line=1)


_OK = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPF001",
        name="front-matter",
        severity="error",
        why="A misspelt key would be a setting that silently does nothing.",
        source="this format",
        bad="---\nautonmy: never\n---\n" + _OK,
        good="---\nautonomy: ask-always\n---\n" + _OK,
    ),
    Rule(
        code="SPF002",
        name="format-version",
        severity="error",
        why="Another version of the format may mean something else by the same words.",
        source="this format",
        bad="---\nspec: 9\n---\n" + _OK,
        good="---\nspec: 1\n---\n" + _OK,
    ),
    Rule(
        code="SPF003",
        name="no-title",
        severity="info",
        why="The title names the spec in every list and commit.",
        source="this format",
        bad="Print `1`.",
        good=_OK,
        find=untitled,
    ),
    Rule(
        code="SPF004",
        name="heading-near-miss",
        severity="warning",
        why="A heading that is nearly a known one was probably meant to be it.",
        source="OpenSpec issues 1918 and 498",
        bad=_OK + "\n## Non goals\n\n- **N1** No GUI.\n",
        good=_OK + "\n## Non-goals\n\n- **N1** No GUI.\n",
    ),
    Rule(
        code="SPF005",
        name="section-repeated",
        severity="warning",
        why="Two sections of one name hide each other from a reader.",
        source="OpenSpec issue 1801",
        bad="# a\n## Requirements\n- **R1** It MUST print.\n## Requirements\n- **R2** It MUST end.\n",
        good="# a\n## Requirements\n- **R1** It MUST print.\n- **R2** It MUST end.\n",
    ),
    Rule(
        code="SPF006",
        name="demand-in-comment",
        severity="warning",
        why="A comment is not shown, so what it demands is not read.",
        source="ai-literacy-superpowers issue 310",
        bad=_OK + "\n<!-- It MUST also print 2. -->\n",
        good=_OK + "\n<!-- first draft -->\n",
        find=hidden_norm,
    ),
    Rule(
        code="SPF007",
        name="unknown-section",
        severity="info",
        why="What stands under an unknown heading informs the planner and is never checked.",
        source="this format",
        bad=_OK + "\n## Vibes\n\nWarm.\n",
        good=_OK + "\n## Notes\n\nWarm.\n",
    ),
    Rule(
        code="SPF008",
        name="check-of-nothing",
        severity="error",
        why="A check of an id that does not exist would count for nothing.",
        source="spec-tools REQ-044",
        bad=_OK + "\n```python R9\nassert 1 == 1 + 0\n```\n",
        good=_OK + "\n```python R1\nassert 1 == 1 + 0\n```\n",
        find=undeclared_check,
    ),
    Rule(
        code="SPF009",
        name="idle-check",
        severity="warning",
        why="A fence with an assertion and no id is either a check that is never run or an illustration.",
        source="pytest-markdown-docs `notest`",
        bad=_OK + "\n```python\nassert 1 == 1 + 0\n```\n",
        good=_OK + "\n```python\nprint(1)\n```\n",
        find=idle_fence,
    ),
    Rule(
        code="SPF010",
        name="unreadable-examples",
        severity="error",
        why="A row that cannot be read would be an example that is never tried.",
        source="this format",
        bad="# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** It MUST add 1.\n\n| x | => |\n|---|---|\n| `one` | `2` |\n",
        good="# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** It MUST add 1.\n\n| x | => |\n|---|---|\n| `1` | `2` |\n",
    ),
    Rule(
        code="SPF011",
        name="too-long",
        severity="warning",
        why="Beyond some 1,500 words a planner and a person lose sight of single requirements.",
        source="Kiro issue 3526; BMAD: 900 to 1,600 tokens",
        bad=_OK + "word " * 1500,
        good=_OK,
        find=long,
    ),
    Rule(
        code="SPF012",
        name="one-paragraph",
        severity="info",
        why="One long sentence is one task and one answer of yes or no.",
        source="this format",
        bad="# a\n\nPrint `1`.\n",
        good=_OK,
        find=prose_only,
    ),
    Rule(
        code="SPF013",
        name="nothing-required",
        severity="error",
        why="Without a requirement there is nothing to build and nothing to verify.",
        source="this format",
        bad="# a\n\n## Non-goals\n\n- **N1** No GUI.\n",
        good=_OK,
        find=empty,
    ),
    Rule(
        code="SPF019",
        name="foreign-key",
        severity="info",
        why="What another tool reads in the front matter is kept for whoever plans, and sets nothing here.",
        source="Jekyll, pandoc, GitHub's issue forms: title, author, labels",
        bad="---\ntitle: A\n---\n" + _OK,
        good="---\nid: a\n---\n" + _OK,
    ),
    Rule(
        code="SPF021",
        name="too-deep",
        severity="error",
        why="Bullets and quotations are read some forty deep: what stands below would be a requirement of nobody.",
        source="markdown-it's bound on nesting",
        bad=_OK + "\n" + "> " * 90 + "- **R2** It MUST end.\n",
        good=_OK + "\n> - **R2** It MUST end.\n",
    ),
)
