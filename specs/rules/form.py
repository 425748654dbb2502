"""Group F: is the file written in the format?"""

import re
from collections.abc import Iterator

from ..names import suggestion
from ..nouns import Check, Diagnostic, Examples, Spec
from .rule import Rule, at_item

_MOST_WORDS = 1500
_MOST_MUSTS = 40
_NORMATIVE = re.compile(r"\b(?:MUST|SHALL)\b")
_SUPPRESSION = re.compile(r"lint:\s*ignore\b")
_REASONED = re.compile(r"lint:\s*ignore\s+SP[A-Z]\d{3}\s+\S+")


def untitled(spec: Spec) -> Iterator[Diagnostic]:
    """A spec that has no title."""
    if not spec.title:
        yield Diagnostic(code="SPF003", message="the spec has no title: begin with `# name: what it is for`", line=1)


def hidden_norm(spec: Spec) -> Iterator[Diagnostic]:
    """Comments that demand something."""
    for comment in spec.comments:
        if _NORMATIVE.search(comment.text):
            message = "a requirement stands in an HTML comment, where nobody reads it"
            yield Diagnostic(code="SPF006", message=message, line=comment.line)


def undeclared_check(spec: Spec) -> Iterator[Diagnostic]:
    """Checks and tables of ids that no item has."""
    parts: list[Check | Examples] = [*spec.checks, *spec.tables]
    for part in parts:
        for item_id in part.ids:
            if item_id not in spec.items:
                message = f"{part.id} checks {item_id}, which is not declared{suggestion(item_id, spec.items)}"
                yield Diagnostic(code="SPF008", message=message, line=part.line, target=part.id)


def idle_fence(spec: Spec) -> Iterator[Diagnostic]:
    """Fences that look like checks and name no id."""
    used = {check.line - 1 for check in spec.checks}
    for fence in spec.fences:
        if fence.line in used or fence.words[:1] in {("interface",), ("fixture",)}:
            continue
        code = [line.strip() for line in fence.body.split("\n")]
        if any(line.startswith(("assert ", "$ ")) for line in code):
            message = (
                "this fence looks like a check and names no requirement: add its id after the language, such as R1"
            )
            yield Diagnostic(code="SPF009", message=message, line=fence.line)


def long(spec: Spec) -> Iterator[Diagnostic]:
    """Specs too long to keep in mind."""
    words = len(spec.text.split())
    musts = sum(1 for item in spec.normative if item.strength == "MUST")
    if words > _MOST_WORDS or musts > _MOST_MUSTS:
        message = f"{words} words and {musts} MUSTs: two specs would be easier to plan and to check"
        yield Diagnostic(code="SPF011", message=message, line=1)


def prose_only(spec: Spec) -> Iterator[Diagnostic]:
    """Specs that are one paragraph."""
    if spec.level == "L0" and spec.items:
        item = next(iter(spec.items.values()))
        message = "the whole text is taken as one requirement; write bullets to have more"
        yield at_item(item, "SPF012", message)


def empty(spec: Spec) -> Iterator[Diagnostic]:
    """Specs that require nothing."""
    if not spec.normative:
        message = "the spec requires nothing: write what must be true as `- **R1** ... MUST ...`"
        yield Diagnostic(code="SPF013", message=message, line=1)


def unreasoned(spec: Spec) -> Iterator[Diagnostic]:
    """Suppressions that do not say why."""
    for comment in spec.comments:
        if _SUPPRESSION.match(comment.text) and not _REASONED.match(comment.text):
            message = "a suppression has the form <!-- lint: ignore SPA101 reason -->; without a reason it does nothing"
            yield Diagnostic(code="SPF014", message=message, line=comment.line)


_OK = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPF001",
        severity="error",
        why="A misspelt key would be a setting that silently does nothing.",
        bad="---\nautonmy: never\n---\n" + _OK,
        good="---\nautonomy: never\n---\n" + _OK,
    ),
    Rule(
        code="SPF002",
        severity="error",
        why="Another version of the format may mean something else by the same words.",
        bad="---\nspec: 9\n---\n" + _OK,
        good="---\nspec: 1\n---\n" + _OK,
    ),
    Rule(
        code="SPF003",
        severity="info",
        why="The title names the spec in every list and commit.",
        bad="Print `1`.",
        good=_OK,
        find=untitled,
    ),
    Rule(
        code="SPF004",
        severity="warning",
        why="A heading that is nearly a known one was probably meant to be it.",
        bad=_OK + "\n## Non goals\n\n- **N1** No GUI.\n",
        good=_OK + "\n## Non-goals\n\n- **N1** No GUI.\n",
    ),
    Rule(
        code="SPF005",
        severity="warning",
        why="Two sections of one name hide each other from a reader.",
        bad="# a\n## Requirements\n- **R1** It MUST print.\n## Requirements\n- **R2** It MUST end.\n",
        good="# a\n## Requirements\n- **R1** It MUST print.\n- **R2** It MUST end.\n",
    ),
    Rule(
        code="SPF006",
        severity="warning",
        why="A comment is not shown, so what it demands is not read.",
        bad=_OK + "\n<!-- It MUST also print 2. -->\n",
        good=_OK + "\n<!-- first draft -->\n",
        find=hidden_norm,
    ),
    Rule(
        code="SPF007",
        severity="info",
        why="What stands under an unknown heading informs the planner and is never checked.",
        bad=_OK + "\n## Vibes\n\nWarm.\n",
        good=_OK + "\n## Notes\n\nWarm.\n",
    ),
    Rule(
        code="SPF008",
        severity="error",
        why="A check of an id that does not exist would count for nothing.",
        bad=_OK + "\n```python R9\nassert 1 == 1 + 0\n```\n",
        good=_OK + "\n```python R1\nassert 1 == 1 + 0\n```\n",
        find=undeclared_check,
    ),
    Rule(
        code="SPF009",
        severity="warning",
        why="A fence with an assertion and no id is either a check that is never run or an illustration.",
        bad=_OK + "\n```python\nassert 1 == 1 + 0\n```\n",
        good=_OK + "\n```python\nprint(1)\n```\n",
        find=idle_fence,
    ),
    Rule(
        code="SPF010",
        severity="error",
        why="A row that cannot be read would be an example that is never tried.",
        bad="# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** It MUST add 1.\n\n| x | => |\n|---|---|\n| `one` | `2` |\n",
        good="# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** It MUST add 1.\n\n| x | => |\n|---|---|\n| `1` | `2` |\n",
    ),
    Rule(
        code="SPF011",
        severity="warning",
        why="Beyond some 1,500 words a planner and a person lose sight of single requirements.",
        bad=_OK + "word " * 1500,
        good=_OK,
        find=long,
    ),
    Rule(
        code="SPF012",
        severity="info",
        why="One long sentence is one task and one answer of yes or no.",
        bad="# a\n\nPrint `1`.\n",
        good=_OK,
        find=prose_only,
    ),
    Rule(
        code="SPF013",
        severity="error",
        why="Without a requirement there is nothing to build and nothing to verify.",
        bad="# a\n\n## Non-goals\n\n- **N1** No GUI.\n",
        good=_OK,
        find=empty,
    ),
    Rule(
        code="SPF014",
        severity="warning",
        why="A suppression without its reason cannot be reviewed.",
        bad=_OK + "\n<!-- lint: ignore SPA101 -->\n",
        good=_OK + "\n<!-- lint: ignore SPA101 the word is the product's name -->\n",
        find=unreasoned,
    ),
)
