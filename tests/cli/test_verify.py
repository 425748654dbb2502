"""The command itself, on real repositories, through the real gate in the real sandbox."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from agentctl.specs.lock import LockedTask, lock_spec, read_lock, write_lock
from agentctl.specs.parse import parse

from .shop import PRICE, SPEC, TRAILERS, statuses

Call = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("confined")


def test_a_table_and_a_success(agentctl: Call, commit: Call, repo: Path, git_in: Call) -> None:
    commit("spec", {"shop.md": SPEC})
    head = commit(f"core: prices{TRAILERS}", {"src/price.py": PRICE})
    before = git_in(repo, "status", "--porcelain=v1", "--ignored=no")
    done = agentctl("verify", "shop.md")
    assert done.code == 0, done.out + done.err
    first, heads, one, two, total = done.out.splitlines()
    assert first.endswith(f"HEAD {head[:7]}  tree clean")
    assert heads.split() == ["ID", "LEVEL", "STATUS", "CHECKS", "BASE", "WORK", "COMMITS", "NOTE"]
    assert one.split()[:7] == ["R1", "MUST", "VERIFIED", "1/1", "red", "T1", head[:7]]
    assert "R1.c1 tells src/price.py:2 `>` for `>=`" in one
    assert two.split()[:3] == ["R2", "MUST", "VERIFIED"]
    assert total == "MUST 2/2 verified  coverage 100% (strict) 100% (executable)"
    assert git_in(repo, "status", "--porcelain=v1", "--ignored=no") == before
    assert not list((repo / ".agentctl" / "work").iterdir())


def test_any_commit_is_judged_and_the_checkout_is_left_alone(agentctl: Call, commit: Call, repo: Path) -> None:
    good = commit(f"core: prices{TRAILERS}", {"shop.md": SPEC, "src/price.py": PRICE})
    commit("broken", {"src/price.py": "def price(n: int) -> int:\n    return n\n"})
    (repo / "src/price.py").write_text("not committed")
    done = agentctl("verify", "shop.md", "--json")
    found = json.loads(done.out)
    assert done.code == 6
    assert statuses(done.out) == {"R1": "FAILING", "R2": "UNIMPLEMENTED"}
    assert found["uncommitted"] == ["src/price.py"]
    assert found["reason"] == "R1 FAILING, R2 UNIMPLEMENTED"
    assert agentctl("verify", "shop.md", "--at", good).code == 0
    assert (repo / "src/price.py").read_text() == "not committed"


def test_a_check_that_cannot_fail_and_one_that_was_green_before_count_for_nothing(agentctl: Call, commit: Call) -> None:
    spec = SPEC.replace('assert name() == "shop"', "assert name() or True")
    commit("before", {"shop.md": spec, "src/price.py": PRICE})
    commit(f"core{TRAILERS}", {"src/other.py": "x = 1\n"})
    done = agentctl("verify", "shop.md", "--json")
    assert (done.code, statuses(done.out)) == (6, {"R1": "VACUOUS", "R2": "VACUOUS"})
    assert json.loads(done.out)["verified"] == 0
    assert "it passes without the change" in agentctl("verify", "shop.md", "--mutants", "1").out


REFACTORING = """\
# tidy

- **I1** `total(items)` in `src/total.py` MUST stay the sum of the prices that are above 0.
- **I2** The command `python -m total 1 -2` MUST stay as it is.

```python I1
from total import total
assert total([1, -1, 2]) == 3
```

```console I2
$ python -m total 1 -2
1
```
"""
OLD = "def total(items):\n    s = 0\n    for i in items:\n        if i > 0:\n            s = s + i\n    return s\n"
NEW = "def total(items):\n    return sum(item for item in items if item > 0)\n"
MAIN = "\n\nif __name__ == '__main__':\n    import sys\n\n    print(total(map(int, sys.argv[1:])))\n"


def test_a_refactoring_of_nothing_but_invariants_can_be_verified(agentctl: Call, commit: Call) -> None:
    commit("before", {"tidy.md": REFACTORING, "src/total.py": OLD + MAIN})
    trailers = "\n\nSpec: tidy@1\nTask: T1\nRequirement: I1\nRun: k7m2xq\n"
    commit(f"tidy{trailers}", {"src/total.py": NEW + MAIN})
    done = agentctl("verify", "tidy.md", "--json")
    assert (done.code, statuses(done.out)) == (0, {"I1": "PRESERVED", "I2": "PRESERVED"}), done.out
    assert {item["base"] for item in json.loads(done.out)["items"]} == {"green"}
    commit("oh", {"src/total.py": NEW.replace("> 0", ">= -1") + MAIN})
    assert statuses(agentctl("verify", "tidy.md", "--json").out)["I1"] == "FAILING"


def test_an_unrelated_merge_makes_no_evidence_stale(agentctl: Call, commit: Call, repo: Path, git_in: Call) -> None:
    commit("spec", {"shop.md": SPEC})
    commit(f"core: prices{TRAILERS}", {"src/price.py": PRICE})
    assert agentctl("verify", "shop.md", "--write").code == 0
    commit("lock", {})
    git_in(repo, "checkout", "-q", "-b", "side", "HEAD~2")
    commit("side", {"docs/other.md": "x", "src/other.py": "y = 1\n", "tests/test_other.py": "def test_o(): pass\n"})
    git_in(repo, "checkout", "-q", "main")
    git_in(repo, "merge", "-q", "--no-ff", "-m", "merge", "side")
    done = agentctl("verify", "shop.md", "--cached", "--json")
    assert done.code == 0
    items = json.loads(done.out)["items"]
    assert [check["remembered"] for item in items for check in item["checks"]] == [True, True]
    assert not (repo / ".agentctl" / "work").exists() or not list((repo / ".agentctl" / "work").iterdir())
    commit("related", {"src/price.py": PRICE.replace("n * 9", "9 * n")})
    items = json.loads(agentctl("verify", "shop.md", "--cached", "--json").out)["items"]
    assert [check["remembered"] for item in items for check in item["checks"]] == [False, False]


def test_words_that_changed_without_their_check_are_stale_until_a_person_blesses_them(
    agentctl: Call, commit: Call, repo: Path
) -> None:
    commit(f"core: prices{TRAILERS}", {"shop.md": SPEC, "src/price.py": PRICE})
    assert agentctl("verify", "shop.md", "--write").code == 0
    (repo / "shop.md").write_text(SPEC.replace("9 each from 10 on", "9 each for more than 10"))
    done = agentctl("verify", "shop.md", "--write")
    assert done.code == 6
    assert "STALE" in done.out
    assert "it said: " in done.out
    assert "--write --bless R1" in done.out
    assert statuses(agentctl("verify", "shop.md", "--json").out) == {"R1": "STALE", "R2": "VERIFIED"}
    assert agentctl("verify", "shop.md", "--write", "--bless", "R1").code == 0
    assert agentctl("verify", "shop.md", "--cached").code == 0
    assert agentctl("verify", "shop.md", "--bless", "R9").code == 2


@pytest.fixture
def squashed(agentctl: Call, commit: Call, repo: Path, git_in: Call) -> str:
    """A run's branch with its lock, squashed into one commit without trailers; returns that commit."""
    base = commit("spec", {"shop.md": SPEC})
    git_in(repo, "checkout", "-q", "-b", "run")
    landed = commit(f"core: prices{TRAILERS}", {"src/price.py": PRICE})
    assert agentctl("verify", "shop.md", "--write").code == 0
    lock = read_lock((repo / "shop.lock").read_text())
    task = LockedTask(
        id="T1",
        team="core",
        title="Write the prices",
        requirements=("R1", "R2"),
        owns=("src/price.py",),
        commit=landed,
        paths=("src/price.py",),
        run="k7m2xq",
    )
    known = lock_spec(parse(SPEC, name="shop.md"), previous=lock)
    commit("lock", {"shop.lock": write_lock(replace(known, tasks=(task,)))})
    git_in(repo, "checkout", "-q", "main")
    git_in(repo, "merge", "-q", "--squash", "run")
    git_in(repo, "commit", "-q", "-m", "Prices (#12)")
    git_in(repo, "branch", "-q", "-D", "run")
    assert base == git_in(repo, "rev-parse", "HEAD~1")
    return git_in(repo, "rev-parse", "HEAD")


def test_a_squash_merge_loses_no_trace(agentctl: Call, squashed: str, commit: Call) -> None:
    done = agentctl("verify", "shop.md", "--json")
    found = json.loads(done.out)
    assert (done.code, statuses(done.out)) == (0, {"R1": "VERIFIED", "R2": "VERIFIED"})
    assert found["commit"] == squashed
    assert [item["base"] for item in found["items"]] == ["red", "red"]
    assert [(work["task"], work["squashed"]) for item in found["items"] for work in item["work"]] == [("T1", True)] * 2
    assert all(
        check["remembered"]
        for i in json.loads(agentctl("verify", "shop.md", "--cached", "--json").out)["items"]
        for check in i["checks"]
    )
    commit("mine", {"src/plot.py": "x = 1\n"})
    assert "unrequested: src/plot.py (no task owns it)" in agentctl("verify", "shop.md", "--cached").out


def test_why_after_a_squash_merge_is_told_by_the_lock(agentctl: Call, squashed: str, commit: Call) -> None:
    done = agentctl("why", "src/price.py:2", "--json")
    found = json.loads(done.out)
    assert (found["source"], found["tasks"], found["run"]) == ("lock", ["T1"], "k7m2xq")
    assert found["commit"]["id"] == squashed
    assert found["requirements"][0] == {
        "id": "R1",
        "text": "`price(n)` in `src/price.py` MUST be 10 each, and 9 each from 10 on.",
    }
    assert found["evidence"] == [
        "R1.c1 V2, tells src/price.py:2 `>` for `>=`",
        'R2.c1 V2, tells src/price.py:8 `""` for `"shop"`',
    ]
    commit("mine", {"src/price.py": "# mine\n" + PRICE})
    assert "No run wrote this line" in agentctl("why", "src/price.py:1").out
    assert "T1 of run k7m2xq" in agentctl("why", "src/price.py:3").out


HELD = """\
# quick

- **P1** `python -c pass` MUST finish in at most 60 s wall (median of 3) on 2 cores.
- **P2** `python -c pass` MUST use at most 1 kB of memory (max of 1) on 2 cores.
- **P3** `data.bin` MUST have a size of at most 10 B.
- **P4** `python -c 1/0` MUST finish in at most 60 s wall (median of 3) on 2 cores.
"""


def test_bars_of_performance_are_measured_apart(agentctl: Call, commit: Call) -> None:
    commit("start", {"quick.md": HELD, "data.bin": "123456789"})
    done = agentctl("verify", "quick.md", "--json")
    items = {item["id"]: item for item in json.loads(done.out)["items"]}
    assert {name: item["status"] for name, item in items.items()} == {
        "P1": "VERIFIED",
        "P2": "FAILING",
        "P3": "VERIFIED",
        "P4": "FAILING",
    }, done.out
    assert len(items["P1"]["bar"]["samples"]) == 3
    assert "median of 3, " in items["P1"]["note"]
    assert "core" in items["P1"]["bar"]["machine"]
    assert "ended with exit status 1" in items["P4"]["note"]


def test_bars_that_nobody_wanted_measured_are_said_to_be_and_not_counted(agentctl: Call, commit: Call) -> None:
    bar = "\n## Performance\n\n- **P1** `true` MUST finish in <= 9 s wall (median of 3) on 2 cores.\n"
    commit("spec", {"shop.md": SPEC + bar})
    commit(f"core: prices{TRAILERS}", {"src/price.py": PRICE})
    done = agentctl("verify", "shop.md", "--no-measure")
    (row,) = [line for line in done.out.splitlines() if line.startswith("P1")]
    assert row.endswith("not measured (--no-measure)")
    assert "MUST 2/2 verified  coverage 100% (strict)" in done.out
    assert done.code == 0, done.out


def test_a_spec_of_nothing_but_bars_is_not_shown_without_measuring(agentctl: Call, commit: Call) -> None:
    commit("start", {"quick.md": HELD, "data.bin": "123456789"})
    done = agentctl("verify", "quick.md", "--json", "--no-measure")
    found = json.loads(done.out)
    assert {(item["status"], item["note"]) for item in found["items"]} == {("UNCHECKED", "not measured (--no-measure)")}
    assert (done.code, found["must"], found["reason"]) == (6, 0, "nothing was measured (--no-measure)")


def test_a_person_may_waive_a_check_with_a_reason(agentctl: Call, commit: Call) -> None:
    spec = SPEC + "\n## Requirements\n\n<!-- lint: ignore SPT201 taste is for people -->\n- **R3** It MUST be nice.\n"
    commit(f"core: prices{TRAILERS}", {"shop.md": spec, "src/price.py": PRICE})
    done = agentctl("verify", "shop.md")
    assert done.code == 0, done.out
    assert "WAIVED" in done.out
    assert "taste is for people (Ada)" in done.out


def test_fixtures_of_the_spec_are_there_when_it_is_judged(agentctl: Call, commit: Call, repo: Path) -> None:
    spec = (
        "# count\n\n- **R1** `count(path)` in `src/count.py` MUST be the number of lines.\n\n"
        "```text fixture data/two.txt\na\nb\n```\n\n"
        "```python R1\nfrom count import count\nassert count('data/two.txt') == 2\n```\n"
    )
    commit("code", {"count.md": spec, "src/count.py": "def count(path):\n    return len(open(path).readlines())\n"})
    done = agentctl("verify", "count.md", "--json")
    (item,) = json.loads(done.out)["items"]
    assert (item["status"], item["checks"][0]["touched"]) == ("VERIFIED", ["data/two.txt", "src/count.py"]), done.out
    assert not (repo / "data").exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["gone.md"], "does not exist"),
        (["shop.md", "--at", "nowhere"], "names no commit"),
        (["shop.md", "--base", "nowhere"], "names no commit"),
        (["shop.md", "--bless", "R1"], "add --write"),
        (["shop.md", "--mutants", "0"], "at least one"),
        (["shop.md", "--sandbox", "none"], "--i-accept-unsandboxed-execution"),
    ],
)
def test_what_cannot_be_used_is_said(agentctl: Call, commit: Call, argv: list[str], said: str) -> None:
    commit("spec", {"shop.md": SPEC})
    done = agentctl("verify", *argv)
    assert done.code == 2
    assert said in done.err


def test_a_spec_that_requires_nothing_shows_nothing(agentctl: Call, commit: Call) -> None:
    commit("start", {"idle.md": "# idle\n\n- **A1** Nothing yet.\n"})
    done = agentctl("verify", "idle.md", "--json")
    assert (done.code, json.loads(done.out)["reason"]) == (6, "the spec requires nothing")


def test_a_damaged_lock_is_named(agentctl: Call, commit: Call) -> None:
    commit("start", {"shop.md": SPEC, "shop.lock": "{"})
    done = agentctl("verify", "shop.md")
    assert done.code == 2
    assert "shop.lock" in done.err


def test_a_lock_that_is_not_utf_8_is_named_with_what_to_do(agentctl: Call, commit: Call, repo: Path) -> None:
    commit("start", {"shop.md": SPEC})
    (repo / "shop.lock").write_bytes(b"{\n\xff\xfe}")
    done = agentctl("verify", "shop.md")
    assert done.code == 2
    assert "shop.lock: line 2: this is not UTF-8: take the file from another commit, or remove it" in done.err


def test_a_check_that_does_not_compile_is_not_left_out_in_silence(agentctl: Call, commit: Call) -> None:
    spec = SPEC.replace('assert name() == "shop"', "assert (")
    commit(f"core: prices{TRAILERS}", {"shop.md": spec, "src/price.py": PRICE})
    done = agentctl("verify", "shop.md")
    assert done.code == 6
    assert "R2.c1 does not compile" in done.out


def test_what_a_killed_process_left_behind_is_taken_away(agentctl: Call, commit: Call, repo: Path) -> None:
    commit(f"core: prices{TRAILERS}", {"shop.md": SPEC, "src/price.py": PRICE})
    dead = repo / ".agentctl" / "work" / "verify-4194305"  # beyond the largest process id of Linux
    (dead / "gate-x").mkdir(parents=True)
    assert agentctl("verify", "shop.md").code == 0
    assert not dead.exists()


KEPT = """\
# keep

- **R1** `price(n)` in `src/price.py` MUST be 10 each.
- **I1** `name()` in `src/price.py` MUST stay the name of the shop.

```python R1
from price import price
assert price(9) == 90
```

```python I1
from price import name
assert name() == "shop"
```
"""


def bases(document: str) -> dict[str, str]:
    return {check["id"]: check["base"] for item in json.loads(document)["items"] for check in item["checks"]}


def test_another_commit_is_not_given_the_base_that_the_lock_remembers(agentctl: Call, commit: Call) -> None:
    old = commit("long ago", {"keep.md": KEPT, "src/price.py": PRICE.replace("n * 10", "n * 10 + 0")})
    before = commit("before", {"src/price.py": PRICE.replace("n * 10", "n * 11")})
    commit("work", {"src/price.py": PRICE})
    written = agentctl("verify", "keep.md", "--base", before, "--write", "--json")
    assert (written.code, bases(written.out)) == (0, {"R1.c1": "failed", "I1.c1": "passed"})
    assert bases(agentctl("verify", "keep.md", "--json").out) == {"R1.c1": "failed", "I1.c1": "passed"}
    assert bases(agentctl("verify", "keep.md", "--at", "HEAD", "--json").out) == {"R1.c1": "failed", "I1.c1": "passed"}
    elsewhere = agentctl("verify", "keep.md", "--at", old, "--json")
    assert bases(elsewhere.out) == {"R1.c1": "unknown", "I1.c1": "unknown"}
    assert statuses(elsewhere.out)["I1"] == "UNPROVEN"
    assert bases(agentctl("verify", "keep.md", "--at", old, "--cached", "--json").out)["R1.c1"] == "unknown"
    later = commit("later", {"src/price.py": PRICE + "\n# more\n"})
    assert bases(agentctl("verify", "keep.md", "--at", later, "--json").out) == {"R1.c1": "failed", "I1.c1": "passed"}


def test_another_commit_of_the_same_files_is_given_the_base(
    agentctl: Call, commit: Call, repo: Path, git_in: Call
) -> None:
    before = commit("before", {"keep.md": KEPT, "src/price.py": PRICE.replace("n * 10", "n * 11")})
    commit("work", {"src/price.py": PRICE})
    assert agentctl("verify", "keep.md", "--base", before, "--write").code == 0
    git_in(repo, "checkout", "-q", "--orphan", "alone")
    alone = commit("squashed away", {})
    assert bases(agentctl("verify", "keep.md", "--at", alone, "--json").out) == {"R1.c1": "failed", "I1.c1": "passed"}


def test_a_lock_with_a_commit_that_is_none_is_no_proof_of_another(agentctl: Call, commit: Call, repo: Path) -> None:
    old = commit("old", {"keep.md": KEPT, "src/price.py": PRICE.replace("n * 10", "n * 11")})
    commit("work", {"src/price.py": PRICE})
    assert agentctl("verify", "keep.md", "--base", old, "--write").code == 0
    lock = read_lock((repo / "keep.lock").read_text())
    rows = tuple(replace(each, commit="HEAD") for each in lock.evidence)
    (repo / "keep.lock").write_text(write_lock(replace(lock, evidence=rows)))
    assert set(bases(agentctl("verify", "keep.md", "--at", old, "--json").out).values()) == {"unknown"}


def test_a_commit_before_the_work_is_not_said_to_have_it(agentctl: Call, squashed: str) -> None:
    def works(*argv: str) -> list[str]:
        items = json.loads(agentctl("verify", "shop.md", "--no-measure", "--json", *argv).out)["items"]
        return [work["task"] for item in items for work in item["work"]]

    assert works() == works("--at", squashed) == ["T1", "T1"]
    assert works("--at", "HEAD~1") == []
