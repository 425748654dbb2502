import pytest
from agentctl.specs.lint import blocking, lint, ready
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse

R1 = "# a\n\n- **R1** It MUST print `1`.\n"


def codes(text: str, *, strict: bool = False) -> dict[str, str]:
    return {finding.code: finding.severity for finding in lint(parse(text), strict=strict)}


def test_the_shipped_example_has_no_error_and_no_warning(quickstart: str) -> None:
    found = lint(parse(quickstart, name="quickstart.md"), strict=True)
    assert [(each.code, each.target, each.severity) for each in found] == [("SPT217", "R9", "info")]


def test_a_finding_says_where_it_is() -> None:
    text = "# a\n\n- **R1** It MUST print `several`\n  lines and several words.\n"
    (finding,) = [f for f in lint(parse(text, name="spec.md")) if f.code == "SPA108"]
    assert finding == Finding(
        severity="warning",
        code="SPA108",
        message='vague quantity "several": how many, or which?',
        question='R1: vague quantity "several": how many, or which?',
        target="R1",
        file="spec.md",
        line=4,
        col=13,
    )
    assert str(finding) == 'spec.md:4:13: SPA108 vague quantity "several": how many, or which?'


def test_a_vague_word_beside_a_check_or_a_measure_matters_less() -> None:
    vague = "# a\n\n- **R1** It MUST answer quickly.\n"
    assert codes(vague)["SPA102"] == "warning"
    assert codes(vague + "\n```console R1\n$ a\n1\n```\n")["SPA102"] == "info"
    assert "SPA102" not in codes("# a\n\n- **R1** It MUST answer quickly, in 200 ms.\n") | {"x": ""}


def test_words_are_judged_in_normative_items_only() -> None:
    notes = "\n## Notes\n\nVarious robust things, etc.\n\n## Non-goals\n\n- **N1** No several formats.\n"
    text = R1.replace("It", "`a`") + notes
    assert [code for code in codes(text) if code.startswith("SPA")] == []


def test_wording_never_blocks_a_run() -> None:
    findings = lint(parse("# a\n\n- **R1** It MUST wait TBD seconds.\n"))
    assert [f.code for f in findings if f.severity == "error"] == ["SPA113"]
    assert ready(findings)


def test_an_error_of_form_blocks_and_cannot_be_ignored() -> None:
    text = "---\nlint: {ignore: [SPI001]}\n---\n" + R1 + "- **R1** It MUST end.\n"
    findings = lint(parse(text))
    assert not ready(findings)
    assert [(f.code, f.line) for f in blocking(findings)] == [("SPI001", 7)]


def test_a_must_without_a_check_is_an_error_where_nobody_may_be_asked() -> None:
    assert codes(R1)["SPT201"] == "warning"
    assert codes(R1, strict=True)["SPT201"] == "error"
    assert codes("---\nautonomy: never\n---\n" + R1)["SPT201"] == "error"


@pytest.mark.parametrize(
    ("bar", "told"),
    [
        ("`a x` MUST finish in <= 3.0 s wall (median of 5, 1 warm-up) on 2 cores.", []),
        ("`x.bin` MUST have a size of at most 10 B.", []),
        ("`a x` MUST finish quickly.", ["P1"]),
        ("`a x` MUST write at least 50 rows/s (median of 5) on 2 cores.", ["P1"]),
    ],
)
def test_a_bar_that_verify_measures_needs_no_check(bar: str, told: list[str]) -> None:
    found = lint(parse(f"# a\n\n- **A1** A disk.\n\n## Performance\n\n- **P1** {bar}\n"), strict=True)
    assert [f.target for f in found if f.code == "SPT201"] == told


def test_a_warning_can_be_ignored_with_a_reason() -> None:
    vague = "- **R1** It MUST write several files.\n- **R2** It MUST read several files.\n"
    lines = [f.line for f in lint(parse(f"# a\n\n{vague}")) if f.code == "SPA108"]
    assert lines == [3, 4]
    silenced = f"# a\n\n<!-- lint: ignore SPA108 the number is the user's -->\n\n{vague}"
    assert [f.line for f in lint(parse(silenced)) if f.code == "SPA108"] == [6]
    assert "SPA108" not in codes(f"---\nlint: {{ignore: [SPA108]}}\n---\n# a\n\n{vague}")


def test_exit_statuses_of_text_and_check_must_agree() -> None:
    text = "# a\n\n- **R1** On an error it MUST exit with status {}.\n\n```console R1\n$ a x\n[exit 2]\n```\n"
    assert "SPC302" in codes(text.format(1))
    assert "SPC302" not in codes(text.format(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("f(1, 2, 3)", "`f` takes 2 positional arguments and is called with 3"),
        ("f(1, b=2, c=3)", "`f` has no argument `c`"),
        ("f(1)", "`f` is called without `key`"),
        ("f(1, key=1)", ""),
        ("f(*x)", ""),
        ("f(1, 2, key=3)", ""),
    ],
)
def test_calls_are_held_against_the_stub(call: str, message: str) -> None:
    stub = "```python interface a.py\ndef f(a: int, b: int = 0, *, key: int) -> int: ...\n```\n"
    findings = lint(parse(f"{R1}\n{stub}\n```python R1\nassert {call} == 1\n```\n"))
    assert [f.message for f in findings if f.code == "SPC304"] == ([message] if message else [])


def test_a_console_check_that_forgives_everything_cannot_fail() -> None:
    assert codes(R1 + "\n```console R1\n$ a || true\n```\n")["SPT203"] == "error"
    assert "SPT203" not in codes(R1 + "\n```console R1\n$ a || true\n1\n```\n")


def test_a_check_that_does_not_compile_is_told_with_its_line() -> None:
    findings = lint(parse(R1 + "\n```python R1\nx = 1\nreturn (\n```\n"))
    assert [(f.code, f.line) for f in findings if f.severity == "error"] == [("SPT212", 7)]
