"""`agentctl spec import` and `agentctl spec new`, by their modules."""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from agentctl.cli import spec_import, spec_new
from agentctl.orchestrator.errors import RepositoryError, UsageError
from agentctl.specs.parse import parse

KIRO = """\
# Requirements Document

### Requirement 1

#### Acceptance Criteria

1. THE Converter SHALL convert

### Vibes

It must be warm.
"""


def run(module: ModuleType, *given: str, repo: Path | None = None) -> int:
    parser = argparse.ArgumentParser()
    module.arguments(parser)
    args = parser.parse_args(given)
    args.repo, args.no_input = (str(repo) if repo else None), True
    code: int = module.main(args)
    return code


@pytest.fixture
def kiro(tmp_path: Path) -> Path:
    path = tmp_path / "converter" / "requirements.md"
    path.parent.mkdir()
    path.write_text(KIRO)
    return path


def test_an_import_is_printed_and_what_it_leaves_is_told(kiro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(spec_import, str(kiro)) == 0
    out, err = capsys.readouterr()
    assert parse(out).title == "converter", "the folder says more than the file's name"
    assert list(parse(out).items) == ["R1"]
    assert f"{kiro}:11: stands in Notes, where it binds nobody" in err
    assert "read as kiro: 1 requirement; 1 sentence could not be placed" in err


def test_what_a_criterion_of_success_became_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text(
        "- **FR-001** It MUST end.\n\n## Success Criteria\n\n- **SC-001** It ends in < 2 s.\n"
    )
    assert run(spec_import, str(tmp_path / "a.md")) == 0
    err = capsys.readouterr().err
    assert "a.md:5: P1 is no bar yet, for it names no command, no statistic and no machine" in err
    assert "1 requirement, 1 performance bar, 1 open question; all is placed, 1 item to look at" in err
    assert run(spec_import, str(tmp_path / "a.md"), "--json") == 0
    (remark,) = json.loads(capsys.readouterr().out)["remarks"]
    assert (remark["id"], remark["line"], remark["text"]) == ("P1", 5, "It ends in < 2 s.")


def test_an_import_is_never_written_over_a_file(kiro: Path, tmp_path: Path) -> None:
    out = tmp_path / "specs" / "converter.md"
    assert run(spec_import, str(kiro), "-o", str(out)) == 0
    before = out.read_text()
    with pytest.raises(UsageError, match="is there already and stays as it is"):
        run(spec_import, str(kiro), "-o", str(out))
    assert out.read_text() == before


def test_an_import_may_be_read_by_a_program(kiro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(spec_import, str(kiro), "--json", "--from", "kiro") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["source"] == "kiro"
    assert document["origins"] == {"R1": "Requirement 1.1, line 7"}
    assert [each["line"] for each in document["unplaced"]] == [11]
    assert parse(document["text"]).items["R1"].text == "THE Converter SHALL convert"


def test_a_spec_of_ours_need_not_be_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text("# a\n\n## Requirements\n\n- **R1** It MUST x\n")
    assert run(spec_import, str(tmp_path / "a.md")) == 0
    assert "has ids of this format already" in capsys.readouterr().err


@pytest.fixture
def ratelog(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "src" / "ratelog").mkdir(parents=True)
    (root / "src" / "ratelog" / "cli.py").write_text("def main(argv): ...\n\ndef print_json(rows): ...\n")
    (root / "src" / "other.py").write_text("def unrelated(): ...\n")
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


def test_a_draft_names_what_the_repository_has(ratelog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(spec_new, "add --json to ratelog", repo=ratelog) == 0
    path = ratelog / "specs" / "add-json-to-ratelog.md"
    out, err = capsys.readouterr()
    assert (out, "items with TBD to fill in" in err) == (f"{path}\n", True)
    text = path.read_text()
    assert "- `src/ratelog/cli.py`\n  - line 3: `def print_json(rows)`\n" in text
    assert "other.py" not in text
    with pytest.raises(UsageError, match="is there already"):
        run(spec_new, "add --json to ratelog", repo=ratelog)


def test_a_draft_before_the_first_commit_has_no_places(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert run(spec_new, "say hello", "-o", str(tmp_path / "a.md"), repo=tmp_path) == 0
    assert "## Notes" not in (tmp_path / "a.md").read_text()


def test_a_draft_needs_a_sentence_and_a_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in one sentence"):
        run(spec_new, " ", repo=tmp_path)
    with pytest.raises(RepositoryError):
        run(spec_new, "say hello", repo=tmp_path)


def test_neither_loads_anything_heavy_to_say_its_options() -> None:
    code = (
        "import sys, agentctl.cli.spec_new, agentctl.cli.spec_import\n"
        "print(sorted({'markdown_it', 'tree_sitter', 'yaml', 'msgspec', 'git'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
