"""What a lock remembers, how it is written, and what is said of one that cannot be read."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from agentctl.specs.changes import compare, reused_ids
from agentctl.specs.keys import check_keys
from agentctl.specs.lock import (
    Lock,
    LockedEvidence,
    LockedItem,
    LockedTask,
    LockError,
    foreign,
    judged,
    lock_path,
    lock_spec,
    read_lock,
    write_lock,
)
from agentctl.specs.parse import parse
from hypothesis import given, settings
from hypothesis import strategies as st

SPEC = """\
# jug

- **R1** It MUST pour.
- **R2** It MUST fill.
- **R3** It MUST drain.

```python R1
assert 1
```

```python R2
assert 2
```
"""


def evidence(check: str, requirement: str, **fields: object) -> LockedEvidence:
    row = LockedEvidence(check=check, check_key="k", requirements={requirement: "r"}, level="V1", result="passed")
    return replace(row, **fields)  # type: ignore[arg-type]


def test_a_lock_is_written_with_an_entry_a_line_and_groups_that_end_with_their_names() -> None:
    lock = Lock(
        spec_id="jug",
        items={
            "R2": LockedItem(key="a", context="b", text="It MUST `f`."),
            "R10": LockedItem(key="c", context="d", text=""),
        },
        tombstones={"R3": "e"},
        checks={"R2.c1": "f"},
        tasks=(LockedTask(id="T1", team="core", title="Fill", requirements=("R10", "R2"), commit="abc"),),
        evidence=(evidence("R2.c1", "R2"),),
        gate="g",
    )
    assert write_lock(lock) == (
        """\
{
"agentctl lock": 1,
"spec": "jug",
"gate": [
{"is": "gate", "id": "gate", "key": "g"},
"gate"],
"R2": [
{"is": "item", "id": "R2", "key": "a", "context": "b", "text": "It MUST `f`."},
{"is": "check", "id": "R2.c1", "key": "f"},
{"is": "evidence", "check": "R2.c1", "check_key": "k", "requirements": {"R2": "r"}, "level": "V1", "result": "passed"},
{"is": "task", "id": "T1", "team": "core", "title": "Fill", "requirements": ["R10", "R2"], "commit": "abc"},
"R2"],
"R3": [
{"is": "gone", "id": "R3", "key": "e"},
"R3"],
"R10": [
{"is": "item", "id": "R10", "key": "c", "context": "d", "text": ""},
"R10"],
"end": true
}
"""
    )
    assert read_lock(write_lock(lock)) == lock


def test_a_lock_stands_beside_its_spec() -> None:
    assert [lock_path(path) for path in ("x.md", "docs/a.spec.md", "README")] == [
        "x.lock",
        "docs/a.spec.lock",
        "README.lock",
    ]


def test_a_lock_that_another_program_laid_out_anew_is_the_same() -> None:
    lock = replace(lock_spec(parse(SPEC)), evidence=(evidence("R1.c1", "R1"),))
    document = json.loads(write_lock(lock))
    assert read_lock(json.dumps(document, indent=4)) == lock


GOOD = write_lock(lock_spec(parse(SPEC)))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "not JSON"),
        ("[]", 1, "not the lock of a spec"),
        ('{"version": 1, "package": []}', 1, "not the lock of a spec"),
        ("[[]]", 1, "not the lock of a spec"),
        ('[["agentctl lock", 1]]', 1, "not the lock of a spec"),
        (GOOD[:300], 8, "not JSON"),
        (GOOD.replace('"R2"],', '"R2"]'), 15, "not JSON"),
        (GOOD.replace(": 1,", ": 2,", 1), 2, "a newer agentctl wrote this lock (version 2"),
        (GOOD.replace(": 1,", ': "1",', 1), 2, "the version is 1, not a number"),
        (GOOD.replace('"spec": "jug"', '"spec": 3'), 3, "the id of the spec is missing"),
        (GOOD.replace('"is": "item", "id": "R2"', '"is": "item"'), 12, "the entry has no id"),
        (GOOD.replace('"is": "item", "id": "R2"', '"is": [], "id": "R2"'), 12, "no entry of a lock"),
        (GOOD.replace('"is": "item", "id": "R2"', '"is": "itme", "id": "R2"'), 12, "no entry of a lock"),
        (GOOD.replace('"text": "It MUST fill."', '"text": 3'), 12, "the item is damaged (Expected `str`, got `int`"),
        (GOOD.replace('"id": "R3"', '"id": "R2"'), 16, "R2 stands here twice"),
        (GOOD.replace('"R2": [\n', '"R2": [\n<<<<<<< HEAD\n'), 12, "git left a conflict"),
        ('{"agentctl lock": 1, "spec": "a", "x": [[1]]}', 1, "no entry of a lock"),
        ('{"agentctl lock": 1, "spec": "a", "x": ' + "[" * 100_000, 1, "not JSON"),
    ],
)
def test_a_damaged_lock_is_refused_with_its_line_and_what_to_do(text: str, line: int, words: str) -> None:
    with pytest.raises(LockError) as caught:
        read_lock(text)
    assert caught.value.line == line
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"line {line}: ")
    assert ": " in str(caught.value)[8:]


def test_what_a_later_version_adds_to_an_entry_is_passed_over() -> None:
    text = GOOD.replace('"is": "item",', '"is": "item", "mood": "calm",')
    assert read_lock(text) == lock_spec(parse(SPEC))


def test_a_removed_item_leaves_a_tombstone_and_its_id_is_not_used_again() -> None:
    first = lock_spec(parse(SPEC))
    second = lock_spec(parse(SPEC.replace("- **R3** It MUST drain.\n", "")), previous=first)
    assert second.tombstones == {"R3": first.items["R3"].key}
    reused = parse(SPEC.replace("drain", "sing"), name="jug.md")
    found = [(hit.code, hit.target, hit.line) for hit in reused_ids(second, reused)]
    assert found == [("SPI002", "R3", 5)]
    assert compare(second, reused).reused == ("R3",)
    assert lock_spec(reused, previous=second).tombstones == second.tombstones


def test_an_item_that_comes_back_with_its_old_words_is_the_old_one() -> None:
    first = lock_spec(parse(SPEC))
    second = lock_spec(parse(SPEC.replace("- **R3** It MUST drain.\n", "")), previous=first)
    assert reused_ids(second, parse(SPEC)) == ()
    assert lock_spec(parse(SPEC), previous=second).tombstones == {}


def test_a_counted_id_leaves_no_tombstone() -> None:
    first = lock_spec(parse("# jug\n\n- It pours.\n- It fills.\n"))
    assert lock_spec(parse("# jug\n\n- It pours.\n"), previous=first).tombstones == {}


def test_a_check_put_in_before_another_moves_its_evidence_along() -> None:
    lock = replace(lock_spec(parse(SPEC)), evidence=(evidence("R1.c1", "R1"), evidence("R2.c1", "R2")))
    edited = parse(SPEC.replace("```python R1\nassert 1", "```python R1\nassert 0\n```\n\n```python R1\nassert 1"))
    now = lock_spec(edited, previous=lock)
    assert [row.check for row in now.evidence] == ["R1.c2", "R2.c1"]
    changes = compare(lock, edited)
    assert (changes.checks_added, changes.checks_changed, changes.checks_removed) == (("R1.c1",), (), ())


def test_evidence_goes_with_its_check_and_stays_with_changed_words() -> None:
    rows = (evidence("R1.c1", "R1"), evidence("R2.c1", "R2"), evidence("tests/test_a.py::test_b", "R3"))
    lock = replace(lock_spec(parse(SPEC)), evidence=rows)
    edited = SPEC.replace("It MUST pour", "It MUST spill").replace("```python R2\nassert 2\n```\n", "")
    assert [row.check for row in lock_spec(parse(edited), previous=lock).evidence] == [
        "R1.c1",
        "tests/test_a.py::test_b",
    ]


def test_judging_an_edited_spec_does_not_make_it_built() -> None:
    lock = lock_spec(parse(SPEC))
    edited = parse(
        SPEC.replace("It MUST pour", "It MUST spill")
        .replace("- **R3** It MUST drain.\n", "- **R4** It MUST sing.\n")
        .replace("assert 1", "assert 3")
        .replace("assert 2", "assert 4")
    )
    keys = check_keys(edited)
    rows = (
        evidence("R1.c1", "R1", check_key=keys["R1.c1"]),
        evidence("R2.c1", "R2", check_key=keys["R2.c1"], result="failed"),
    )
    after = judged(lock, edited, rows)
    changes = compare(after, edited)
    assert after.evidence == rows
    assert (changes.changed, changes.added, changes.removed) == (("R1",), ("R4",), ("R3",))
    assert changes.checks_changed == ("R2.c1",)
    assert compare(judged(lock, edited, rows, blessed={"R1"}), edited).changed == ()


def test_two_tasks_of_one_id_are_told_apart_and_keep_their_evidence() -> None:
    one = LockedTask(id="T2", team="core", title="Ours", requirements=("R1",), run="a", commit="c1")
    two = LockedTask(id="T2", team="core", title="Theirs", requirements=("R2",), run="b", commit="c2")
    rows = (evidence("R1.c1", "R1", task="T2", commit="c1"), evidence("R2.c1", "R2", task="T2", commit="c2"))
    text = write_lock(
        replace(lock_spec(parse(SPEC)), tasks=(one, two, replace(one, id="T7", commit="c3")), evidence=rows)
    )
    third = LockedTask(id="T4", team="core", title="Theirs too", run="b", needs=("T2",))
    told = read_lock(write_lock(replace(read_lock(GOOD), tasks=(one, two, third))))
    assert [(task.id, task.needs) for task in told.tasks] == [("T2", ()), ("T4", ("T5",)), ("T5", ())]
    lock = read_lock(text)
    assert [(task.id, task.title) for task in lock.tasks] == [("T2", "Ours"), ("T7", "Ours"), ("T8", "Theirs")]
    assert [(row.task, row.commit) for row in lock.evidence] == [("T2", "c1"), ("T8", "c2")]


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_lock_of_another_spec_is_named() -> None:
    spec = parse("---\nid: jug\n---\n# a\n\n- **R1** It MUST x\n")
    assert foreign(lock_spec(spec), spec) == ""
    assert foreign(Lock(spec_id="cup"), spec) == (
        "the lock beside this spec is of `cup`, and the spec is `jug`: if it was not renamed, "
        "put the lock of `jug` in its place, or remove it"
    )


def commit(root: Path, text: str, *, task: LockedTask | None = None) -> None:
    path = root / "jug.lock"
    previous = read_lock(path.read_text(encoding="utf-8")) if path.exists() else None
    lock = lock_spec(parse(text), previous=previous)
    if task:
        lock = replace(lock, tasks=(*lock.tasks, task))
    (root / "jug.md").write_text(text, encoding="utf-8")
    path.write_text(write_lock(lock), encoding="utf-8")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Edit")


def test_specs_and_locks_of_two_branches_merge_in_git(tmp_path: Path, ratelog: str) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, ratelog)
    git(tmp_path, "checkout", "-q", "-b", "theirs")
    theirs = ratelog.replace("status 2 and print", "status 3 and print").replace("[exit 2]", "[exit 3]")
    commit(tmp_path, theirs, task=LockedTask(id="T1", team="cli", title="Exit 3", requirements=("R5",), run="b"))
    git(tmp_path, "checkout", "-q", "main")
    ours = ratelog.replace("- **E2** A client with exactly N requests in a window is not printed (R4).\n", "")
    commit(tmp_path, ours, task=LockedTask(id="T1", team="core", title="Print it", requirements=("R4",), run="a"))
    git(tmp_path, "merge", "-q", "--no-edit", "theirs")
    lock = read_lock((tmp_path / "jug.lock").read_text(encoding="utf-8"))
    spec = parse((tmp_path / "jug.md").read_text(encoding="utf-8"))
    assert compare(lock, spec).nothing
    assert lock.digest == lock_spec(spec).digest
    assert list(lock.tombstones) == ["E2"]
    assert [(task.id, task.title) for task in lock.tasks] == [("T1", "Print it"), ("T2", "Exit 3")]


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(GOOD)), st.integers(0, 30), st.text(alphabet='{}[]",:\n0aR1', max_size=8))
def test_a_lock_with_anything_in_it_is_read_or_refused(at: int, less: int, more: str) -> None:
    try:
        lock = read_lock(GOOD[:at] + more + GOOD[at + less :])
    except LockError:
        return
    assert read_lock(write_lock(lock)) == lock
