"""References: the same for written and counted ids, so that formatting changes none; what is surely one."""

import pytest
from agentctl.specs.fixes import fix
from agentctl.specs.format import format_spec
from agentctl.specs.lint import blocking, lint
from agentctl.specs.parse import parse


@pytest.mark.parametrize(
    "text",
    [
        "# cars\n\n## Requirements\n\n- It MUST list the Audi R8.\n",
        "- **E1** pp (R1)\n\n* star kappa\n",
        "# a\n\n## Requirements\n\n- It MUST end as in R2.\n- It MUST begin (R7).\n\n## Edge cases\n\n- None (R9).\n",
        "# a\n\n## Requirements\n\n- P95 MUST be low.\n- It MUST read A4 and an R5 camera.\n\n## Non-goals\n\n- N95\n",
    ],
)
def test_formatting_changes_neither_references_nor_what_blocks(text: str) -> None:
    before = parse(text)
    after = parse(format_spec(text, name="a.md"))
    assert [(item.id, item.refs) for item in before.items.values()] == [
        (item.id, item.refs) for item in after.items.values()
    ]
    assert [found.code for found in blocking(lint(before))] == [found.code for found in blocking(lint(after))]


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("as in R12, it MUST end.", "error"),
        ("it MUST end (see R12).", "error"),
        ("it MUST end like R1 and R12 do.", "error"),
        ("it MUST end like R12, R1 do.", "error"),
        ("it MUST end, a:R12 says.", "error"),
        ("it MUST copy all to R12.", "warning"),
        ("it MUST copy all to b:R12.", None),
        ("it MUST list the Audi R8.", None),
        ("it MUST take an R8 apart.", None),
        ("it MUST print on A4 paper.", None),
        ("it MUST hold, see `R12`.", None),
    ],
)
def test_an_id_that_is_not_declared_blocks_where_nothing_else_can_be_meant(said: str, severity: str | None) -> None:
    for label in ("**R2** ", ""):
        spec = parse(f"# a\n\n## Requirements\n\n- {label.replace('2', '1')}It MUST begin.\n- {label}Then {said}\n")
        found = [hit.severity for hit in lint(spec) if hit.code == "SPI004"]
        assert found == ([severity] if severity else [])


def test_an_item_that_cannot_be_labelled_keeps_its_counted_id() -> None:
    text = "# a\n\n## Requirements\n\n- one\n- <!-- x --> **R** two\n- three\n"
    before = list(parse(text).items.values())
    after = list(parse(format_spec(text, name="a.md")).items.values())
    assert [(item.id, item.text) for item in before] == [(item.id, item.text) for item in after]


def test_bullets_and_spaces_that_a_browser_pasted_get_ids() -> None:
    text = "## Non goals\n\n•\u00a0a pasted bullet\n- quelle\n"
    assert format_spec(text, name="a.md") == "## Non-goals\n\n•\u00a0**N1** a pasted bullet\n- **N2** quelle\n"


def test_fixing_some_items_moves_the_counted_ids_of_no_other() -> None:
    text = (
        "# a\n\n## Requirements\n\n<!-- lint: ignore SPI003 it is on its way out -->\n- It MUST go.\n- It MUST end.\n"
    )
    before = {item.text: item.id for item in parse(text).items.values()}
    assert {item.text: item.id for item in parse(fix(text, name="a.md").text).items.values()} == before
