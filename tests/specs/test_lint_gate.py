"""What makes a finding matter more or less: a check, a measure, a reason, the front matter."""

import pytest
from agentctl.specs.lint import lint, ready
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse

VAGUE = "# a\n\n- **R1** `a` MUST write several files.\n- **R2** `a` MUST read several files.\n"
CHECK = "\n```console R1\n$ a\n1\n```\n"


def findings(text: str, code: str) -> list[Finding]:
    return [finding for finding in lint(parse(text)) if finding.code == code]


def severities(text: str) -> dict[str, str]:
    return {finding.code: finding.severity for finding in lint(parse(text))}


def test_wording_counts_one_level_less_beside_a_check() -> None:
    assert [(f.target, f.severity) for f in findings(VAGUE, "SPA108")] == [("R1", "warning"), ("R2", "warning")]
    assert [(f.target, f.severity) for f in findings(VAGUE + CHECK, "SPA108")] == [("R1", "info"), ("R2", "warning")]


def test_a_hint_about_wording_is_not_worth_a_line_beside_a_check() -> None:
    weak = "# a\n\n- **R1** `a` MUST end, and might say so.\n"
    assert severities(weak)["SPA105"] == "info"
    assert "SPA105" not in severities(weak + CHECK)


def test_wording_counts_one_level_less_beside_a_measure_in_its_clause() -> None:
    text = "# a\n\n- **R1** `a` MUST wait 5 s and write several files{} `a` MUST end.\n"
    assert severities(text.format("; then"))["SPA108"] == "info"
    assert severities("# a\n\n- **R1** `a` MUST wait 5 s; then it writes several files.\n")["SPA108"] == "warning"


def test_a_manual_check_is_no_excuse_for_vague_words() -> None:
    assert severities(VAGUE + "\n```text R1 manual\nLook.\n```\n")["SPA108"] == "warning"


def test_a_vague_bar_of_performance_is_an_error_that_blocks_nothing_by_itself() -> None:
    text = "# a\n\n- **R1** `a` MUST end.\n\n## Performance\n\n- **P1** `a` MUST be fast: <= 3.0 s (median of 5){}\n"
    assert "SPA102" not in severities(text.format(" on 2 cores."))
    unmeasured = lint(parse("# a\n\n- **R1** `a` MUST end.\n- **P1** `a` SHOULD be fast.\n"))
    assert {f.code: f.severity for f in unmeasured if f.target == "P1"} == {"SPA102": "error", "SPT206": "warning"}
    assert ready(unmeasured)


def test_quoted_words_and_addresses_are_not_judged() -> None:
    text = '# a\n\n- **R1** `a` MUST print "various fast things, etc." and https://example.org/several/best.\n'
    assert [code for code in severities(text) if code.startswith("SPA")] == []


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("MUST print at most 3 names", "SPA107"),
        ("MUST print the clients with the most hits first", "SPA107"),
        ("MUST print a multiple of 3", "SPA108"),
        ("MUST sort by count, then by name", "SPA126"),
        ("MUST be faster than `b`", "SPA106"),
        ("MUST skip TODO comments", "SPA113"),
        ("MUST push to the default branch", "SPA123"),
        ("MUST fail with exit status 2", "SPA124"),
        ("MUST go on if the upload fails", "SPA124"),
        ("MUST accept a valid date by ISO 8601", "SPA125"),
        ("MUST support `--json`", "SPA114"),
        ("MUST support CSV by reading it with `csv`", "SPA114"),
        ("MUST take from 1 to 5, up to 5 included", "SPA115"),
        ("MUST be hidden", "SPA112"),
        ("MUST be validated by `load`", "SPA112"),
    ],
)
def test_words_that_mean_something_exact_are_left_alone(sentence: str, code: str) -> None:
    assert code not in severities(f"# a\n\n- **R1** `a` {sentence}.\n")


def test_a_suppression_holds_for_the_item_below_it_and_the_one_around_it() -> None:
    above = VAGUE.replace("- **R1**", "<!-- lint: ignore SPA108 as many as there are -->\n- **R1**")
    within = VAGUE.replace("files.\n", "files. <!-- lint: ignore SPA108 as many as there are -->\n", 1)
    assert [f.target for f in findings(above, "SPA108")] == ["R2"]
    assert [f.target for f in findings(within, "SPA108")] == ["R2"]


def test_one_suppression_may_name_several_codes() -> None:
    text = (
        "# a\n\n<!-- lint: ignore SPA108, SPA101 as the user likes -->\n- **R1** `a` MUST write several nice files.\n"
    )
    assert {"SPA101", "SPA108", "SPF014", "SPF015"}.isdisjoint(severities(text))


def test_a_suppression_without_a_reason_does_nothing_and_is_told() -> None:
    text = VAGUE.replace("- **R1**", "<!-- lint: ignore SPA108 -->\n- **R1**")
    assert [f.target for f in findings(text, "SPA108")] == ["R1", "R2"]
    assert severities(text)["SPF014"] == "warning"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("SPA101", "nothing here is SPA101: this suppression can go"),
        ("SPX999", "no rule is called SPX999"),
        ("SPI001", "SPI001 blocks a run, so it cannot be left out: this suppression does nothing"),
    ],
)
def test_a_suppression_that_silences_nothing_is_named(code: str, message: str) -> None:
    (idle,) = findings(f"# a\n\n<!-- lint: ignore {code} for a reason -->\n- **R1** `a` MUST end.\n", "SPF015")
    assert (idle.message, idle.severity, idle.line) == (message, "info", 3)


def test_a_rule_that_is_off_speaks_when_it_is_asked_to() -> None:
    spec = parse("# a\n\n- **R1** `a` MUST read every file.\n")
    assert "SPA110" not in {f.code for f in lint(spec)}
    assert "SPA110" in {f.code for f in lint(spec, also={"SPA110"})}
