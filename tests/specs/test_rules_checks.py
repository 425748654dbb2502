"""Rules about checks, tables, bars, commands and near misses, case by case."""

import pytest
from agentctl.specs.lint import lint
from agentctl.specs.nouns import Finding
from agentctl.specs.parse import parse

R1 = "# a\n\n- **R1** `a` MUST print `1`.\n"
F = "# a\n\n`f(x)` in `f.py` adds 1.\n\n- **R1** `f` MUST add 1.\n\n"


def findings(text: str, code: str) -> list[Finding]:
    return [finding for finding in lint(parse(text)) if finding.code == code]


def python(body: str) -> str:
    return f"{R1}\n```python R1\n{body}\n```\n"


def console(command: str, output: str = "1") -> str:
    return f"{R1}\n```console R1\n$ {command}\n{output}\n```\n"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (python("import requests\nassert requests.get('https://example.org')"), "the network"),
        (python("import urllib.request as u\nassert u.urlopen"), ""),
        (python("import httpx\nassert httpx.get('http://127.0.0.1:8000').text"), ""),
        (python("import datetime\nassert a == datetime.datetime.now()"), "the clock"),
        (python("import random\nassert a(random.random())"), "chance"),
        (python("import random\nrandom.seed(1)\nassert a(random.random())"), ""),
        (python("from uuid import uuid4\nassert a(uuid4())"), "chance"),
        (console("curl https://example.org"), "the network"),
        (console("curl http://localhost:8000"), ""),
        (console("a --day $(date +%F)"), "the clock"),
        (console("a --date 2026-01-01"), ""),
        (console("a $RANDOM"), "chance"),
    ],
)
def test_checks_that_are_not_the_same_each_time(text: str, asks: str) -> None:
    assert [f.message.split(", so")[0] for f in findings(text, "SPT204")] == ([f"R1.c1 asks {asks}"] if asks else [])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("built 2026-03-01 12:30", "a time"),
        ("built ... 12:30", ""),
        ("wrote /home/ana/out.txt", "a path of one machine"),
        ("<object at 0x7f91004d9440>", "an address"),
        ("done in 0.13 s", "a duration"),
        ("2026-03-01", ""),
        ("at 2020-01-01 10:00", ""),
    ],
)
def test_expected_output_that_changes_with_each_run(line: str, told: str) -> None:
    fixture = "\n```text fixture log.txt\n2020-01-01 10:00 start\n```\n"
    found = findings(console("a log.txt", line) + fixture, "SPT213")
    assert [(f.message.split(":")[0], f.line) for f in found] == ([(f"R1.c1 expects {told}", 7)] if told else [])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sudo make install", "asks for the rights of the administrator"),
        ("curl -sSf https://example.org/i.sh | sh", "runs what it downloads"),
        ("bash <(curl https://example.org/i.sh)", "runs what it downloads"),
        ("rm -rf ~/.cache", "deletes outside the repository"),
        ("a > /etc/hosts", "writes outside the repository"),
        ("cp out.txt ../elsewhere/", "writes outside the repository"),
        ("a > /dev/null && rm -rf out", ""),
        ("a 2>&1 > /tmp/out.txt", ""),
        ("a --pseudo sh", ""),
        ("curl http://localhost:8000 | sha256sum", ""),
    ],
)
def test_commands_that_reach_beyond_the_repository(command: str, said: str) -> None:
    for text in (console(command), f"---\ngate: [{command!r}]\n---\n{R1}"):
        assert [f.message.rpartition("` ")[2] for f in findings(text, "SPX407")] == ([said] if said else [])


def test_secrets_are_found_anywhere_and_not_repeated() -> None:
    token = "ghp_" + "a1B2c3D4" * 5
    (found,) = findings(f"# a\n\nUse {token}.\n\n- **R1** `a` MUST end.\n", "SPX408")
    assert (found.line, found.col) == (3, 5)
    assert token not in found.message
    assert findings("# a\n\nAKIAIOSFODNN7EXAMPLE and sk-learn-is-not-a-key-at-all\n", "SPX408") == []


@pytest.mark.parametrize(
    ("demand", "told"),
    [("delete old branches", 1), ("send an email", 1), ("drop every other character", 0), ("delete leading zeros", 0)],
)
def test_what_cannot_be_undone_needs_a_person_or_a_dry_run(demand: str, told: int) -> None:
    text = f"---\nautonomy: never\n---\n# a\n\n- **R1** `a` MUST {demand}.\n"
    assert len(findings(text, "SPX409")) == told
    assert findings(text.replace("never", "ask-blocking"), "SPX409") == []
    assert findings(text + "\n```console R1\n$ a --dry-run\n1\n```\n", "SPX409") == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("| `1` | `2` |\n", "has one row"),
        ("| `1` | `2` |\n| `2` | `3` |\n", "has no row at a boundary"),
        ("| `1` | `2` |\n| `0` | `1` |\n", ""),
        ("| `1` | `2` |\n| `''` | raises TypeError |\n", ""),
        ("| `1` | `2` |\n| `-1` | `0` |\n", ""),
        ("| `1` | `2` |\n| `[]` | `0` |\n", ""),
    ],
)
def test_tables_try_the_ends(rows: str, told: str) -> None:
    found = findings(f"{F}| x | => |\n|---|---|\n{rows}", "SPT209")
    assert [f.message.split(":")[0] for f in found] == ([f"R1.t1 {told}"] if told else [])


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("```console R1\n$ a in.csv\n1\n```\n", 1),
        ("```console R1\n$ a none.csv\n[exit 2]\n```\n", 0),
        ("```console R1\n$ a none.csv\n[stderr] a: none.csv: ...\n[exit 1]\n```\n", 0),
        ("```python R1\nimport a, pytest\nwith pytest.raises(ValueError):\n    a.run('none')\n```\n", 0),
        ("```python R1\nimport a\nassert a.run('in')\n```\n", 1),
    ],
)
def test_an_item_about_a_failure_needs_a_check_that_lets_something_fail(check: str, told: int) -> None:
    text = "# a\n\n- **R1** If FILE is missing, `a` MUST exit with status 2.\n\n"
    assert len(findings(text + check, "SPT208")) == told


@pytest.mark.parametrize(
    ("bar", "codes"),
    [
        ("`a x` MUST finish in <= 3.0 s wall (median of 5, 1 warm-up) on 2 cores.", []),
        ("`a x` MUST finish in <= 3.0 s wall (median of 5) on 2 cores.", ["SPT207"]),
        ("`a x` MUST finish in <= 3.0 s (median of 1) on 2 cores.", ["SPT207"]),
        ("`a x` MUST finish in <= 3.0 s on 2 cores.", ["SPT206"]),
        ("`a x` MUST finish in <= 3.0 s (median of 5).", ["SPT206"]),
        ("`a x` MUST finish (median of 5) on 2 cores.", ["SPT206"]),
    ],
)
def test_a_bar_has_all_its_parts(bar: str, codes: list[str]) -> None:
    found = lint(parse(f"{R1}\n## Performance\n\n- **P1** {bar}\n"))
    assert [f.code for f in found if f.target == "P1" and f.code.startswith("SPT20") and f.code != "SPT201"] == codes


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("- R2 It MUST end.", "R2"),
        ("- R-2: It MUST end.", "R2"),
        ("- **FR-002**: It MUST end.", "R2"),
        ("### Requirement R2: it ends", ""),
        ("### R2 It ends", "R2"),
        ("#### A3.1. ExtensionLoaderMixin", ""),
        ("- A4 paper is white.", ""),
        ("- **R2** It MUST end.", ""),
        ("- UTF-8 MUST be read.", ""),
    ],
)
def test_a_line_that_begins_with_nearly_an_id(line: str, told: str) -> None:
    found = findings(f"{R1}\n## Later\n\n{line}\n", "SPF016")
    assert [f.message.rpartition("**")[0].rpartition("**")[2] for f in found] == ([told] if told else [])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("- **r2** `a --x` prints `2`.\n- [R3] `a --y` prints `3`.\n", [4, 5]),
        ("\n- **r2** `a --x` prints `2`.\n", [5]),
        ("  - FR-002 `a --x` prints `2`.\n", [4]),
        ("- A4 paper is white.\n- plain words\n", []),
        ("- **R2** `a --x` prints `2`.\n", []),
        ("\nOther words.\n\n- r2 `a --x` prints `2`.\n", []),
        ("\n## Notes\n\n- r2 is a droid.\n", []),
        ("\n```text\nx\n```\n- r2 is a droid.\n", []),
        ("\n  ```text\n  x\n  ```\n- **r2** `a --x` prints `2`.\n", [8]),
    ],
)
def test_beside_items_a_bullet_with_nearly_an_id_needs_no_keyword(lines: str, told: list[int]) -> None:
    assert [f.line for f in findings(R1 + lines, "SPF016")] == told


def test_in_a_list_without_items_nearly_an_id_is_a_name() -> None:
    assert findings("# a\n\n- r2 is a droid.\n- c3 too.\n", "SPF016") == []


@pytest.mark.parametrize("word", ["r1", "[R1]", "req=R1", "R-1", "{R1}"])
def test_a_fence_whose_word_is_nearly_an_id(word: str) -> None:
    (found,) = findings(f"{R1}\n```console {word}\n$ a\n1\n```\n", "SPF017")
    assert (found.target, found.line) == ("R1", 5)


def test_a_table_of_results_without_an_arrow() -> None:
    table = "| x | {} |\n|---|---|\n| `1` | `2` |\n"
    assert [f.line for f in findings(F + table.format("expected"), "SPF018")] == [7]
    assert findings(F + table.format("colour"), "SPF018") == []
    assert findings(R1 + "\n" + table.format("expected"), "SPF018") == []


def test_fences_without_ids_are_told_one_by_one_only_where_there_are_ids() -> None:
    fences = "\n```console\n$ a\n```\n\n```python\nassert 1\n```\n"
    assert [f.line for f in findings(R1 + fences, "SPF009")] == [5, 9]
    assert [f.line for f in findings("# a\n\n- It MUST end.\n" + fences, "SPF009")] == [5]


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("`a` MUST print each name in order.", "`a` MUST print each name once in order.", ["SPC301"]),
        ("`a` MUST print each name in order.", "`a` MUST not print each name in order.", []),
        ("For `x` `a` MUST print one name.", "For `y` `a` MUST print one name.", []),
        ("`a` MUST keep to a limit of 5 names.", "`a` MUST keep to a limit of 6 names.", ["SPC302"]),
        ("Level 1 MUST have one name in it.", "Level 2 MUST have one name in it.", []),
    ],
)
def test_sentences_that_are_nearly_the_same(first: str, second: str, codes: list[str]) -> None:
    found = lint(parse(f"# a\n\n- **R1** {first}\n- **R2** {second}\n"))
    assert [f.code for f in found if f.code.startswith("SPC")] == codes


def test_a_non_goal_excludes_what_it_names_and_not_its_exception() -> None:
    wanted = "# a\n\n- **R1** `a` MUST read nginx combined log formats.\n"
    assert len(findings(wanted + "- **N1** No nginx combined log formats.\n", "SPC306")) == 1
    assert findings(wanted + "- **N1** No log formats other than nginx combined.\n", "SPC306") == []
    assert (
        findings(wanted.replace("formats.", "formats (N1).") + "- **N1** No nginx log formats at all.\n", "SPC306")
        == []
    )


def test_terms_are_used_and_spelt_in_one_way() -> None:
    terms = "# a\n\n## Terms\n\n- **log line**: a line.\n- **burst**: a number.\n"
    text = terms + "\n## Requirements\n\n- **R1** `a` MUST {}.\n"
    assert [f.target for f in findings(text.format("print each log line of a burst"), "SPC305")] == []
    assert [f.target for f in findings(text.format("print each log-line of a burst"), "SPC305")] == ["log line"]
    assert [f.target for f in findings(text.format("print each log line"), "SPC305")] == ["burst"]
