"""`agentctl spec diff`: against another spec, against the lock, against a revision of git."""

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.cli import spec_diff
from agentctl.orchestrator.errors import SpecError, UsageError
from agentctl.specs.lock import LockedTask, lock_spec, write_lock
from agentctl.specs.parse import parse

OLD = """\
# jug

## Terms

- **pour**: to move what is in one vessel.

## Requirements

- **R1** It MUST pour at most 3 litres.
- **R2** It MUST print one line.
- **R3** It SHOULD whistle.
- **R4** It MAY sing.

## Corner cases

- **E1** Nothing is left: R2 holds.

```python R2
assert 1
```
"""
NEW = (
    OLD.replace("at most 3", "at most 4")
    .replace("SHOULD whistle", "MUST whistle")
    .replace("- **R4** It MAY sing.\n", "- **R5** It MUST drain.\n")
    .replace("assert 1", "assert 2")
)
TASKS = tuple(
    LockedTask(id=f"T{n}", team="core", title="Do", requirements=(f"R{n}",), commit="c") for n in (1, 2, 3, 4)
)


@pytest.fixture
def diff(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The verb in this process, standing in the repository; its exit code and its output."""
    monkeypatch.chdir(repo)
    (repo / "jug.md").write_text(NEW, encoding="utf-8")
    (repo / "old.md").write_text(OLD, encoding="utf-8")

    def call(*argv: str) -> tuple[int, str]:
        parser = argparse.ArgumentParser()
        spec_diff.arguments(parser)
        parser.add_argument("--repo")
        capsys.readouterr()
        code = spec_diff.main(parser.parse_args(argv))
        return code, capsys.readouterr().out

    return call


SAID = """\
R5  new
  + It MUST drain.
R4  gone
  - It MAY sing.
R1  changed
  - It MUST pour at most 3 litres.
  + It MUST pour at most 4 litres.
R3  SHOULD is now MUST: only what the gate asks for
changed checks: R2.c1

work may change: R1, R5
run first: R2.c1
"""


def test_two_specs_are_compared_by_what_they_mean(diff: Callable[..., tuple[int, str]]) -> None:
    assert diff("old.md", "jug.md") == (0, SAID)


def test_one_spec_is_compared_with_its_lock_and_the_tasks_that_stay_are_named(
    diff: Callable[..., tuple[int, str]], repo: Path
) -> None:
    lock = replace(lock_spec(parse(OLD, name="jug.md")), tasks=TASKS)
    (repo / "jug.lock").write_text(write_lock(lock), encoding="utf-8")
    assert diff("jug.md") == (0, f"{SAID}tasks touched: T1, T4\ntasks that stay: T2, T3\n")


def test_one_spec_is_compared_with_itself_at_a_revision(
    diff: Callable[..., tuple[int, str]], repo: Path, git_in: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "docs").mkdir()
    (repo / "docs" / "jug.md").write_text(OLD, encoding="utf-8")
    git_in(repo, "add", "docs")
    git_in(repo, "commit", "-q", "-m", "Say it")
    (repo / "docs" / "jug.md").write_text(NEW, encoding="utf-8")
    assert diff("docs/jug.md", "--at", "HEAD") == (0, SAID)
    monkeypatch.chdir(repo / "docs")
    assert diff("jug.md", "--at", "main") == (0, SAID)
    with pytest.raises(UsageError, match=r"HEAD~1 has no file docs/jug\.md"):
        diff("jug.md", "--at", "HEAD~1")
    with pytest.raises(UsageError, match="nowhere is no revision"):
        diff("jug.md", "--at", "nowhere")


def test_a_program_gets_one_document(diff: Callable[..., tuple[int, str]]) -> None:
    code, out = diff("old.md", "jug.md", "--json")
    assert code == 0
    assert json.loads(out) == {
        "old": "old.md",
        "new": "jug.md",
        "nothing": False,
        "added": [{"id": "R5", "text": "It MUST drain."}],
        "removed": [{"id": "R4", "text": "It MAY sing."}],
        "changed": [{"id": "R1", "old": "It MUST pour at most 3 litres.", "new": "It MUST pour at most 4 litres."}],
        "strength_only": [{"id": "R3", "old": "SHOULD", "new": "MUST"}],
        "shifted": [],
        "terms": [],
        "names": [],
        "interfaces": [],
        "fixtures": [],
        "checks_added": [],
        "checks_changed": ["R2.c1"],
        "checks_removed": [],
        "gate": False,
        "concerned": [],
        "reused": [],
        "renamed": [],
        "dirty": ["R1", "R5"],
        "recheck": ["R2.c1"],
        "remeasure": [],
        "tasks": {"touched": [], "kept": []},
    }


def test_another_layout_means_the_same(diff: Callable[..., tuple[int, str]], repo: Path) -> None:
    (repo / "jug.md").write_text(OLD.replace("It MUST print", "It *MUST*\n  print"), encoding="utf-8")
    assert diff("old.md", "jug.md") == (0, "jug.md means the same as old.md\n")


def test_what_leans_on_an_edit_is_named(diff: Callable[..., tuple[int, str]], repo: Path) -> None:
    (repo / "jug.md").write_text(OLD.replace("in one vessel", "in any vessel"), encoding="utf-8")
    said = "R1  the same words, but what it refers to changed\nterms: pour\n\nwork may change: R1\n"
    assert diff("old.md", "jug.md") == (0, said)


def test_a_bullet_without_an_id_does_not_change_those_below_it(
    diff: Callable[..., tuple[int, str]], repo: Path
) -> None:
    (repo / "old.md").write_text("# jug\n\n- It pours.\n- It fills.\n", encoding="utf-8")
    (repo / "jug.md").write_text("# jug\n\n- It drains.\n- It pours.\n- It fills.\n", encoding="utf-8")
    assert diff("old.md", "jug.md") == (0, "R3  new\n  + It drains.\n\nwork may change: R3\n")


def test_a_change_inside_an_item_is_told_as_such(diff: Callable[..., tuple[int, str]], repo: Path) -> None:
    text = "# jug\n\n## Requirements\n\n- **R1** It MUST print so:\n\n  ```text\n  one\n  ```\n"
    (repo / "old.md").write_text(text, encoding="utf-8")
    (repo / "jug.md").write_text(text.replace("one", "two"), encoding="utf-8")
    changed = "    It MUST print so:\n    (not these words, but what stands inside it or under it)\n"
    assert diff("old.md", "jug.md") == (0, f"R1  changed\n{changed}\nwork may change: R1\n")


def test_what_is_not_work_is_named_too(diff: Callable[..., tuple[int, str]], repo: Path) -> None:
    rest = "\n## Non-goals\n\n- **N1** No tea.\n"
    (repo / "jug.md").write_text(OLD.replace("# jug", "---\ngate: [make]\n---\n# jug") + rest, encoding="utf-8")
    changed = "N1  new\n  + No tea.\nthe gate, or what may be written\n"
    effects = "work may change: none\nhold against what is there: N1\nthe gate runs again on what is there\n"
    assert diff("old.md", "jug.md") == (0, f"{changed}\n{effects}")


def test_an_id_that_is_used_again_is_an_error(diff: Callable[..., tuple[int, str]], repo: Path) -> None:
    first = lock_spec(parse(OLD, name="jug.md"))
    without = parse(OLD.replace("- **R4** It MAY sing.\n", ""), name="jug.md")
    (repo / "jug.lock").write_text(write_lock(lock_spec(without, previous=first)), encoding="utf-8")
    (repo / "jug.md").write_text(OLD.replace("sing", "swing"), encoding="utf-8")
    code, out = diff("jug.md")
    assert code == 6
    assert "R4 was removed once and is never used again (SPI002): give this item another id" in out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("jug.md",), "jug.md has no lock beside it"),
        (("jug.md", "old.md", "--at", "HEAD"), "not both"),
        (("gone.md",), "gone.md does not exist"),
        (("old.md", "gone.md"), "gone.md does not exist"),
    ],
)
def test_what_cannot_be_compared_is_told_with_what_to_do(
    diff: Callable[..., tuple[int, str]], argv: tuple[str, ...], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        diff(*argv)


def test_a_damaged_lock_is_told_with_its_file_and_line(diff: Callable[..., tuple[int, str]], repo: Path) -> None:
    (repo / "jug.lock").write_text('{\n"agentctl lock": 9}\n', encoding="utf-8")
    with pytest.raises(SpecError, match=r"jug\.lock: line 2: a newer agentctl"):
        diff("jug.md")
