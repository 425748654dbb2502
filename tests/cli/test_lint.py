"""`agentctl lint`: what it shows, how it ends, what it corrects, and what it looks up."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agentctl.cli import lint_output
from agentctl.cli.lint_symbols import defined, installed
from agentctl.cli.tracked import tracked
from agentctl.specs.nouns import Finding, Severity

GOOD = "# a\n\n- **R1** `f()` in `a.py` MUST return 1.\n\n```python R1 holdout\nfrom a import f\nassert f() == 1\n```\n"
VAGUE = "# a\n\n- **R1** It MUST write several robust files, etc.\n"
TWICE = GOOD + "- **R1** It MUST return 2.\n"
Cli = Callable[..., Any]


def write(repo: Path, text: str, name: str = "spec.md") -> Path:
    path = repo / name
    path.write_bytes(text.encode())
    return path


def finding(code: str = "SPA108", severity: Severity = "warning", **changes: Any) -> Finding:
    given = {"message": "m", "target": "", "file": "a.md", "line": 1, "col": 1} | changes
    return Finding(code=code, severity=severity, **given)


def test_a_clean_spec_is_ready_to_run(agentctl: Cli, repo: Path) -> None:
    write(repo, GOOD)
    done = agentctl("lint", "spec.md")
    taken = "spec.md is L2: 1 requirement; no sections; 1 fence: 1 check, 0 for reading only"
    assert (done.code, done.out, done.err.splitlines()) == (0, "", [taken, "ready to run"])


def test_a_finding_is_one_line_with_place_code_words_and_severity(agentctl: Cli, repo: Path) -> None:
    write(repo, VAGUE)
    done = agentctl("lint", "spec.md", "--all")
    assert done.code == 0
    column = VAGUE.splitlines()[2].index("several") + 1
    assert f'spec.md:3:{column}: SPA108 vague quantity "several"' in done.out
    assert all(line.endswith((" (warning)", " (hint)")) for line in done.out.splitlines())
    assert done.err.splitlines()[1:] == ["ready to run"]


def test_an_error_blocks_and_the_ending_says_which(agentctl: Cli, repo: Path) -> None:
    write(repo, TWICE)
    done = agentctl("lint", "spec.md")
    assert done.code == 6
    assert "spec.md:9:1: SPI001" in done.out
    assert done.err.splitlines()[-1] == "not ready to run: correct SPI001 in spec.md:9"


def test_an_error_of_wording_fails_and_does_not_block(agentctl: Cli, repo: Path) -> None:
    write(repo, GOOD.replace("return 1.", "return TBD."))
    done = agentctl("lint", "spec.md")
    assert done.code == 6
    assert done.err.splitlines()[-1] == "ready to run; 1 error of wording to correct"


def test_strict_fails_on_warnings(agentctl: Cli, repo: Path) -> None:
    write(repo, GOOD + "\n## Non goals\n\n- **N1** No colours.\n")
    assert agentctl("lint", "spec.md").code == 0
    done = agentctl("lint", "--strict", "spec.md")
    assert done.code == 6
    assert done.err.splitlines()[-1] == "ready to run; 1 warning to correct (--strict)"


def test_five_findings_beside_the_errors_are_shown_and_the_rest_is_counted(agentctl: Cli, repo: Path) -> None:
    items = "".join(f"- **R{n}** It MUST write several robust files quickly.\n" for n in range(1, 9))
    write(repo, f"# a\n\n{items}- **R8** It MUST end.\n")
    few, every = agentctl("lint", "spec.md"), agentctl("lint", "spec.md", "--all")
    errors = [line for line in every.out.splitlines() if line.endswith("(error)")]
    assert len(few.out.splitlines()) == len(errors) + lint_output.TELLING
    assert set(errors) <= set(few.out.splitlines()) <= set(every.out.splitlines())
    hidden = len(every.out.splitlines()) - len(few.out.splitlines())
    assert few.err.splitlines()[0].startswith(f"{hidden} more (")
    assert "more" not in every.err


def test_what_is_near_the_code_is_shown_first_and_no_rule_takes_every_place() -> None:
    form = [finding("SPF004", line=n) for n in range(1, 4)]
    words = [finding("SPA101", line=n) for n in range(4, 12)]
    others = [finding("SPC301", line=20), finding("SPT201", line=21), finding("SPA101", "info", line=22)]
    shown = lint_output.most_telling([*form, *words, *others])
    assert [(each.code, each.line) for each in shown] == [
        *(("SPA101", 4), ("SPA101", 5), ("SPA101", 6)),
        *(("SPC301", 20), ("SPT201", 21)),
    ]


def test_several_specs_have_one_ending(agentctl: Cli, repo: Path) -> None:
    write(repo, GOOD)
    write(repo, TWICE, "b.md")
    done = agentctl("lint", "spec.md", "b.md")
    one, other, verdict = done.err.splitlines()
    assert (one[:13], other[:10]) == ("spec.md is L2", "b.md is L2")
    assert verdict == "2 specs: not ready to run: correct SPI001 in b.md:9"


def test_text_from_a_spec_tells_a_terminal_nothing(agentctl: Cli, repo: Path) -> None:
    write(repo, "# a\n\n- **R1** As in \x1b]52;c;aGk=\x07R12, it MUST \x9b31m end.\n- [x](\x1b[2J)\n", "e\x1bvil.md")
    for style in ("text", "json", "sarif", "github"):
        done = agentctl("lint", "e\x1bvil.md", "--format", style)
        assert not {"\x1b", "\x07", "\x9b"} & set(done.out + done.err)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["lint"], "Name a spec to lint"),
        (["lint", "--explain", "SPA140"], "did you mean SPA1"),
        (["lint", "--explain", "zzz"], "`--explain all` lists them"),
        (["lint", "spec.md", "--also", "SPA999"], "There is no rule SPA999"),
        (["lint", "spec.md", "--format", "xml"], "invalid choice"),
        (["lint", "spec.md", "--repo", "nowhere"], "nowhere"),
        (["lint", "--fix", "-"], "Standard input has no file"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(argv: list[str], said: str, agentctl: Cli, repo: Path) -> None:
    write(repo, GOOD)
    done = agentctl(*argv)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_rule_that_is_off_can_be_asked_for(agentctl: Cli, repo: Path) -> None:
    write(repo, "# a\n\n- **R1** `f` MUST return every line.\n")
    assert "SPA110" not in agentctl("lint", "spec.md", "--all").out
    assert "SPA110" in agentctl("lint", "spec.md", "--all", "--also", "SPA110").out


def test_explain_shows_a_rule_with_both_examples_and_its_source(agentctl: Cli) -> None:
    done = agentctl("lint", "--explain", "spa104")
    assert done.code == 0
    assert done.out.startswith("SPA104 ")
    for part in ("JSON, YAML, etc.", "Found:", "Not found:", "Source: ", "<!-- lint: ignore SPA104 REASON -->"):
        assert part in done.out
    (name,) = done.out.splitlines()[0].split()[1:2]
    assert agentctl("lint", "--explain", name).out == done.out


def test_explain_shows_what_a_terminal_would_not(agentctl: Cli) -> None:
    done = agentctl("lint", "--explain", "SPF020")
    assert "    - **R<U+200B>2** It MUST end.\n" in done.out
    assert "\u200b" not in done.out


def test_explain_all_lists_every_rule(agentctl: Cli) -> None:
    from agentctl.specs.rules import RULES

    lines = agentctl("lint", "--explain", "all").out.splitlines()
    assert [line.split()[0] for line in lines] == [rule.code for rule in RULES]


def test_fix_corrects_what_it_can_says_what_and_leaves_the_rest(agentctl: Cli, repo: Path) -> None:
    text = "# a\r\n\r\n## Requirementz:\r\n\r\n- It must write several files.\r\n"
    path = write(repo, text)
    path.chmod(0o640)
    done = agentctl("lint", "--fix", "spec.md")
    assert path.read_bytes().decode() == "# a\r\n\r\n## Requirements\r\n\r\n- **R1** It MUST write several files.\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert "spec.md:3: SPF004 corrected: `Requirementz:` is now `Requirements`" in done.err
    assert "spec.md:5: SPI003 corrected: **R1** was added" in done.err
    assert "spec.md:5: SPA117 corrected: `must` is now `MUST`" in done.err
    assert "SPA108" in done.out
    assert not {"SPF004", "SPI003", "SPA117"} & {line.split()[1] for line in done.out.splitlines()}


def test_fix_does_not_touch_a_file_in_which_nothing_can_be_corrected(agentctl: Cli, repo: Path) -> None:
    path = write(repo, VAGUE)
    before = path.stat()
    agentctl("lint", "--fix", "spec.md")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_json_is_one_document_of_specs_and_all_findings_under_both_names(agentctl: Cli, repo: Path) -> None:
    write(repo, VAGUE)
    done = agentctl("lint", "spec.md", "--json")
    assert agentctl("lint", "spec.md", "--format", "json").out == done.out
    document = json.loads(done.out)
    assert [(each["file"], each["level"], each["taken"][:18]) for each in document["specs"]] == [
        ("spec.md", "L2", "L2: 1 requirement;")
    ]
    found = document["findings"]
    assert set(found[0]) == {
        *("severity", "code", "message", "target", "file", "line", "col", "fix", "question"),
    }
    assert len(found) == len(agentctl("lint", "spec.md", "--all").out.splitlines())
    assert done.err == ""


def test_github_commands_are_escaped() -> None:
    hostile = finding(severity="info", message="100 % of\n::error::x, y:z", file="a,b:c%.md", line=3, col=7)
    assert lint_output.document("github", [hostile], root=None) == (
        "::notice file=a%2Cb%3Ac%25.md,line=3,col=7,title=SPA108::100 %25 of ::error::x, y:z\n"
    )
    assert lint_output.document("github", [finding()], root=None).startswith("::warning file=a.md,")
    assert lint_output.document("github", [finding(severity="error")], root=None).startswith("::error ")


def test_paths_are_those_of_the_repository_wherever_one_stands(
    agentctl: Cli, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "docs" / "my specs").mkdir(parents=True)
    write(repo, TWICE, "docs/my specs/a.md")
    monkeypatch.chdir(repo / "docs" / "my specs")
    assert "file=docs/my specs/a.md,line=9" in agentctl("lint", "a.md", "--format", "github").out
    (run,) = json.loads(agentctl("lint", "a.md", "--format", "sarif").out)["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "docs/my%20specs/a.md", "uriBaseId": "%SRCROOT%"}


def test_sarif_names_driver_rules_levels_and_regions(agentctl: Cli, repo: Path) -> None:
    write(repo, TWICE.replace("return 1.", "return several."))
    done = agentctl("lint", "spec.md", "--format", "sarif")
    log = json.loads(done.out)
    assert done.code == 6
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver, results = run["tool"]["driver"], run["results"]
    assert driver["name"] == "agentctl"
    assert [rule["id"] for rule in driver["rules"]] == sorted({result["ruleId"] for result in results})
    for result in results:
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        assert rule["shortDescription"]["text"].endswith(".")
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1 <= region["startColumn"]
    assert ("SPI001", "error", 9) in {
        (r["ruleId"], r["level"], r["locations"][0]["physicalLocation"]["region"]["startLine"]) for r in results
    }


def test_a_clean_spec_is_an_empty_document_in_every_format(agentctl: Cli, repo: Path) -> None:
    write(repo, GOOD)
    assert json.loads(agentctl("lint", "spec.md", "--json").out)["findings"] == []
    assert agentctl("lint", "spec.md", "--format", "github").out == ""
    assert json.loads(agentctl("lint", "spec.md", "--format", "sarif").out)["runs"][0]["results"] == []


def test_lint_imports_nothing_that_it_does_not_need(repo: Path) -> None:
    write(repo, f"---\nbudget: {{usd: 4.00, workers: 5}}  # of the run\nowns:\n  - 'src/**'\n---\n{VAGUE}")
    argv = [sys.executable, "-X", "importtime", "-m", "agentctl", "lint", "spec.md"]
    done = subprocess.run(argv, cwd=repo, capture_output=True, text=True, check=False)
    seen = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}
    unwanted = {"textual", "rich", "git", "pydantic", "msgspec", "asyncio", "sqlite3", "subprocess", "json", "litellm"}
    unwanted |= {"yaml", "shutil", "difflib"}
    assert seen & unwanted == set()
    assert "markdown_it" in seen


def test_the_lock_beside_a_spec_is_looked_at(agentctl: Cli, repo: Path) -> None:
    from agentctl.specs.lock import lock_spec, write_lock
    from agentctl.specs.parse import parse

    second = "- **R2** `f` MUST be quick in 5 ms.\n"
    old = lock_spec(parse(GOOD + second, name="spec.md"))
    gone = lock_spec(parse(GOOD, name="spec.md"), previous=old)
    write(repo, GOOD + second.replace("quick in 5 ms", "called twice"))
    assert "SPI002" not in agentctl("lint", "spec.md", "--all").out
    write(repo, write_lock(gone), "spec.lock")
    assert "SPI002" in agentctl("lint", "spec.md", "--all").out
    assert "SPI002" not in agentctl("lint", "--repo", ".", "--all", "README.md").out


def test_files_of_the_repository_are_known(agentctl: Cli, repo: Path, git_in: Callable[..., str]) -> None:
    write(repo, "# a\n\n- **R1** It MUST count.\n\n```console R1\n$ wc -l data/two.log\n2 data/two.log\n```\n")
    assert "SPT205" in agentctl("lint", "spec.md", "--all").out
    (repo / "data").mkdir()
    (repo / "data" / "two.log").write_text("1\n2\n")
    assert "SPT205" in agentctl("lint", "spec.md", "--all").out
    git_in(repo, "add", "data")
    assert "SPT205" not in agentctl("lint", "spec.md", "--all").out


def codes(out: str, code: str) -> list[str]:
    return [line.split(":")[1] for line in out.splitlines() if f" {code} " in line]


def test_pictures_are_looked_for_from_the_specs_folder(agentctl: Cli, repo: Path, git_in: Callable[..., str]) -> None:
    shown = "".join(
        f"- **R{n}** Like ![x]({path}).\n" for n, path in enumerate(("a.png", "../b.png", "../../c.png"), 1)
    )
    (repo / "docs").mkdir()
    write(repo, f"# a\n\n{shown}", "docs/spec.md")
    (repo / "b.png").write_bytes(b"x")
    (repo.parent / "c.png").write_bytes(b"x")
    git_in(repo, "add", "b.png")
    for name in ("docs/spec.md", str(repo / "docs" / "spec.md")):
        assert codes(agentctl("lint", name, "--all").out.replace(f"{repo}/", ""), "SPX411") == ["3", "5"]
    (repo / "docs" / "a.png").write_bytes(b"x")
    git_in(repo, "add", "docs/a.png")
    assert codes(agentctl("lint", "docs/spec.md", "--all").out, "SPX411") == ["5"]
    away = repo.parent / "away.md"
    away.write_text(f"# a\n\n{shown}")
    assert codes(agentctl("lint", "--repo", ".", str(away), "--all").out, "SPX411") == []


def test_a_fixture_that_says_what_the_source_file_says_replaces_nothing(agentctl: Cli, repo: Path) -> None:
    (repo / "src").mkdir()
    (repo / "src" / "a.py").write_text("x = 1\n")
    (repo / "src" / "b.py").symlink_to("/etc/hostname")
    head = "# a\n\n- **R1** It MUST count.\n\n"
    write(repo, f"{head}```python fixture src/a.py\nx = 2\n```\n\n```text fixture src/b.py\nx = 2\n```\n")
    assert codes(agentctl("lint", "spec.md", "--all").out, "SPX412") == ["5"]
    write(repo, f"{head}```python fixture src/a.py\nx = 1\n```\n")
    assert codes(agentctl("lint", "spec.md", "--all").out, "SPX412") == []


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_the_index_is_read_as_git_reads_it(version: str, repo: Path, git_in: Callable[..., str]) -> None:
    for name in ("a.py", "src/ü b.py", "src/deep/er/" + "n" * 200 + "/x", "src/b.py"):
        path = repo / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    git_in(repo, "config", "index.version", version)
    git_in(repo, "add", "-A")
    if version == "3":
        (repo / "later").write_text("x")
        git_in(repo, "add", "--intent-to-add", "later")
    git_in(repo, "update-index", "--index-version", version)
    listed = subprocess.run(["git", "-C", repo, "ls-files", "-z"], check=True, capture_output=True).stdout
    expected = frozenset(listed.decode().split("\0")[:-1])
    assert len(expected) >= 5
    assert tracked(repo / ".git", most_bytes=10**6) == expected


def test_an_index_that_does_not_name_every_file_is_not_believed(
    repo: Path, git_in: Callable[..., str], tmp_path: Path
) -> None:
    assert tracked(repo / ".git", most_bytes=10) is None
    assert tracked(tmp_path, most_bytes=10**6) is None
    index = repo / ".git" / "index"
    whole = index.read_bytes()
    for damaged in (b"", whole[:40], whole[:-25], b"XIRC" + whole[4:], whole[:8] + b"\xff\xff\xff\xff" + whole[12:]):
        index.write_bytes(damaged)
        assert tracked(repo / ".git", most_bytes=10**6) is None
    index.write_bytes(whole)
    git_in(repo, "update-index", "--split-index")
    assert tracked(repo / ".git", most_bytes=10**6) is None


def test_names_that_code_defines_are_seen_in_several_languages(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("LIMIT: int = 3\nclass Box:\n    async def open(self):\n        self.x = 1\n")
    (tmp_path / "b.go").write_text("func (b *Box) Close() {}\ntype Lid struct {}\n")
    (tmp_path / "c.ts").write_text("export const fold = (x) => x\n")
    (tmp_path / "notes.md").write_text("def hidden\n")
    (tmp_path / "out.py").symlink_to("/etc/hostname")
    names = defined(tmp_path, ["a.py", "b.go", "c.ts", "notes.md", "out.py", "gone.py", "../a.py"])
    assert names == {"LIMIT", "Box", "open", "Close", "Lid", "fold"}


def test_commands_of_the_packaging_are_seen(tmp_path: Path) -> None:
    assert installed(tmp_path) == frozenset()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\n[project.scripts]\nratelog = "a:main"\n')
    assert installed(tmp_path) == {"ratelog"}


def test_specs_that_a_spec_depends_on_are_looked_for_beside_it_and_at_the_root(agentctl: Cli, repo: Path) -> None:
    (repo / "docs").mkdir()
    front = "---\ndepends: [nope.md, beside.md, root.md, docs/beside.md]\n---\n"
    write(repo, f"{front}# a\n\n- **R1** `a` MUST end.\n", "docs/spec.md")
    write(repo, VAGUE, "docs/beside.md")
    write(repo, VAGUE, "root.md")
    done = agentctl("lint", "docs/spec.md", "--all")
    assert codes(done.out, "SPX413") == ["2"]
    assert "`nope.md`" in done.out


def test_without_a_repository_they_are_looked_for_beside_it(agentctl: Cli, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / "there.md").write_text(VAGUE)
    (away / "a.md").write_text("---\ndepends: [nope.md, there.md]\n---\n# a\n\n- **R1** `a` MUST end.\n")
    assert agentctl("lint", str(away / "a.md"), "--all").out.count("SPX413") == 1


@pytest.mark.parametrize(
    ("package", "told"),
    [
        ('{"devDependencies": {"jest": "*"}}', True),
        ('{"devDependencies": {"vitest": "*"}}', False),
        ('{"scripts": {"test": "npx vitest run"}}', False),
        ("{", True),
    ],
)
def test_a_script_that_wants_vitest_is_told_where_no_package_asks_for_it(
    agentctl: Cli, repo: Path, git_in: Callable[..., str], package: str, *, told: bool
) -> None:
    text = "# a\n\n- **R1** `f()` in `web/f.js` MUST return 1.\n\n```js R1 holdout\nexpect(f()).toBe(1);\n```\n"
    write(repo, text)
    (repo / "web").mkdir()
    write(repo, package, "web/package.json")
    git_in(repo, "add", "web/package.json")
    assert ("SPT221" in agentctl("lint", "spec.md").out) == told
