"""Rules about what is beyond the spec: they speak of facts that they are given, and of nothing else."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse
from agentctl.specs.rules import RULES, Surroundings

BARE = [rule for rule in RULES if rule.around]


def findings(text: str, around: Surroundings, code: str) -> list[Finding]:
    return [finding for finding in lint(parse(text), around) if finding.code == code]


@pytest.mark.parametrize("code", ["SPC303", "SPI002", "SPI006", "SPT205", "SPT210", "SPX403", "SPX404"])
def test_without_surroundings_nothing_is_said_about_them(code: str) -> None:
    (rule,) = [rule for rule in BARE if rule.code == code]
    assert code not in {finding.code for finding in lint(parse(rule.bad))}


def test_a_file_is_there_if_the_repository_a_fixture_an_item_or_the_check_makes_it() -> None:
    text = (
        "---\nowns: ['src/**', 'tests/**']\n---\n# a\n\n- **R1** `a` MUST write `out/sum.txt`.\n\n"
        "```text fixture tests/data/made.log\n1\n```\n\n"
        "```console R1\n$ a tests/data/known.log tests/data/made.log > tmp.txt && cat tmp.txt out/sum.txt\n1\n"
        "$ python src/new.py tests/data/absent.log\n1\n$ a tests/data/missing.log\n[exit 2]\n```\n"
    )
    around = Surroundings(paths=frozenset({"tests/data/known.log"}))
    (absent,) = findings(text, around, "SPT205")
    assert (absent.line, absent.target) == (15, "R1.c1")
    assert "`tests/data/absent.log`" in absent.message


@pytest.mark.parametrize(
    ("word", "absent"),
    [
        ("ada@example.org", []),
        ("--to=ada+b@mail.example.org", []),
        ("icon@2x.png", ["icon@2x.png"]),
        ("data/ada@example.org", ["data/ada@example.org"]),
        ("@scope/name.js", ["@scope/name.js"]),
    ],
)
def test_an_address_is_no_file(word: str, absent: list[str]) -> None:
    text = f"# a\n\n- **R1** `join` MUST print `1`.\n\n```console R1\n$ join Ada {word}\n1\n```\n"
    text = f"---\nowns: [src]\n---\n{text}"
    told = findings(text, Surroundings(paths=frozenset()), "SPT205")
    assert [each.message.split("`")[1] for each in told] == absent


def test_the_file_of_a_bar_must_be_there_too() -> None:
    text = "# a\n\n- **R1** `a` MUST end.\n- **P1** `a data/1m.log` MUST finish in <= 3 s (median of 5) on 2 cores.\n"
    assert [f.target for f in findings(text, Surroundings(paths=frozenset()), "SPT205")] == ["P1"]
    made = text + "\n```python fixture data/1m.log\nprint(1)\n```\n"
    assert findings(made, Surroundings(paths=frozenset()), "SPT205") == []


def test_python_checks_that_write_what_they_read_need_no_fixture() -> None:
    text = "# a\n\n- **R1** `a` MUST end.\n\n```python R1\nassert open('data/in.csv'){}.read()\n```\n"
    around = Surroundings(paths=frozenset())
    assert len(findings(text.format(""), around, "SPT205")) == 1
    own = text.format("").replace("assert", "open('data/in.csv', 'w').write('1')\nassert")
    assert findings(own, around, "SPT205") == []


def test_an_unknown_name_is_told_where_names_are_declared_or_nearly_known() -> None:
    bare = "# a\n\n- **R1** `{}` MUST return 1.\n"
    stub = bare + "\n```python interface a.py\ndef load_rows(path: str) -> int: ...\n```\n"
    around = Surroundings(symbols=frozenset({"count_rows", "Stats"}))
    assert findings(bare.format("sum_rows()"), around, "SPC303") == []
    assert "did you mean `count_rows`?" in findings(bare.format("count_row()"), around, "SPC303")[0].message
    assert "declare it" in findings(stub.format("sum_rows()"), around, "SPC303")[0].message
    for known in ("load_rows()", "Stats.count_rows", "json.dumps", "--dry-run", "out.txt", "NO_COLOR", "path"):
        assert findings(stub.format(known), around, "SPC303") == []


def test_a_command_that_nobody_may_install_is_out_of_reach() -> None:
    text = (
        "---\nforbid: [pyproject.toml]\n---\n# a\n\n- **R1** `a FILE` MUST print `1`.\n\n```console R1\n$ a x\n1\n```\n"
    )
    assert [f.target for f in findings(text, Surroundings(commands=frozenset()), "SPX402")] == ["a"]
    assert findings(text, Surroundings(commands=frozenset({"a"})), "SPX402") == []
    assert findings(text, Surroundings(), "SPX402") == []


def test_a_gate_that_is_red_beforehand_is_a_warning_and_one_that_is_missing_blocks() -> None:
    text = "---\ngate: ['ruff check .', 'mypy .']\n---\n# a\n\n- **R1** `a` MUST end.\n"
    around = Surroundings(red_gates=frozenset({"ruff check ."}), missing_gates=frozenset({"mypy ."}))
    assert [f.severity for f in findings(text, around, "SPX403")] == ["warning", "error"]


def test_a_budget_is_held_against_the_estimate() -> None:
    text = "---\nbudget: {{usd: {}}}\n---\n# a\n\n- **R1** `a` MUST end.\n"
    around = Surroundings(estimate_usd=2.0)
    assert findings(text.format(2.5), around, "SPX404") == []
    assert "the budget is 1.00 USD" in findings(text.format(1), around, "SPX404")[0].message
    assert "there is no budget" in findings("# a\n\n- **R1** `a` MUST end.\n", around, "SPX404")[0].message


def test_checks_that_pass_beforehand_are_vacuous_unless_they_hold_an_invariant() -> None:
    text = "# a\n\n- **{0}** `a` MUST end.\n\n```console {0}\n$ a\n1\n```\n"
    around = Surroundings(base_passes=frozenset({"R1.c1", "I1.c1"}))
    assert [f.target for f in findings(text.format("R1"), around, "SPT210")] == ["R1.c1"]
    assert findings(text.format("I1"), around, "SPT210") == []


def test_ids_are_held_against_the_lock() -> None:
    locked = {"R1": "It MUST print `1`.", "R2": "It MUST end."}
    moved = "# a\n\n- It MUST end.\n- It MUST print `2`.\n"
    assert [f.target for f in findings(moved, Surroundings(locked=locked), "SPI006")] == ["R1", "R2"]
    written = "# a\n\n- **R1** It MUST end.\n- **R2** It MUST print `2`.\n"
    assert findings(written, Surroundings(locked=locked), "SPI006") == []
    assert [f.target for f in findings(written, Surroundings(retired=frozenset({"R2"})), "SPI002")] == ["R2"]
