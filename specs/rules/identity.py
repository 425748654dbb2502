"""Group I: does each sentence have one name, and does each name have one sentence?"""

from collections.abc import Iterator

from ..names import suggestion
from ..nouns import Diagnostic, Spec
from .rule import Rule, at_item


def without_id(spec: Spec) -> Iterator[Diagnostic]:
    """Items whose id was counted."""
    for item in spec.items.values():
        if item.temporary and spec.level != "L0":
            message = f"this has no id and counts as {item.id} until it has one: begin it with **{item.id}**"
            yield at_item(item, "SPI003", message, fix=f"**{item.id}** ")


def undeclared_reference(spec: Spec) -> Iterator[Diagnostic]:
    """References to ids that no item has."""
    for item in spec.items.values():
        for ref in item.refs:
            if ref not in spec.items:
                hint = suggestion(ref, spec.items) or " (put it in backticks if it is not an id)"
                yield at_item(item, "SPI004", f"{item.id} refers to {ref}, which is not declared{hint}")


def unanchored(spec: Spec) -> Iterator[Diagnostic]:
    """Corner cases of nothing."""
    for item in spec.items.values():
        if item.kind == "corner" and not item.refs and not item.stated and not spec.checks_of(item.id):
            yield at_item(item, "SPI005", f"{item.id} names no requirement, so nothing says what must happen")


_R1 = "# a\n\n- **R1** It MUST print `1`.\n"
RULES = (
    Rule(
        code="SPI001",
        severity="error",
        why="Tasks, commits and evidence refer to ids; one id must mean one sentence.",
        bad=_R1 + "- **R1** It MUST end.\n",
        good=_R1 + "- **R2** It MUST end.\n",
    ),
    Rule(
        code="SPI003",
        severity="warning",
        why="A counted id changes when a bullet is added above it.",
        bad="# a\n\n- It MUST print `1`.\n",
        good=_R1,
        find=without_id,
    ),
    Rule(
        code="SPI004",
        severity="error",
        why="What a sentence refers to must be there to be read.",
        bad=_R1 + "- **R2** As in R12, it MUST end.\n",
        good=_R1 + "- **R2** As in R1, it MUST end.\n",
        find=undeclared_reference,
    ),
    Rule(
        code="SPI005",
        severity="warning",
        why="A corner case is a case of something.",
        bad=_R1 + "\n## Corner cases\n\n- **E1** An empty file.\n",
        good=_R1 + "\n## Corner cases\n\n- **E1** An empty file (R1).\n",
        find=unanchored,
    ),
)
