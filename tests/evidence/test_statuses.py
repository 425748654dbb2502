from dataclasses import replace

import pytest
from agentctl.orchestrator.evidence import rows
from agentctl.orchestrator.evidence.outside import outside
from agentctl.orchestrator.evidence.prove import Proof
from agentctl.orchestrator.evidence.statuses import Circumstances, verdict
from agentctl.orchestrator.evidence.subjects import subjects
from agentctl.orchestrator.evidence.touched import digest
from agentctl.orchestrator.evidence.trial import trial
from agentctl.orchestrator.nouns.plan import LockedTest
from agentctl.orchestrator.nouns.verdicts import GateReport, TestResult
from agentctl.orchestrator.ports import TreeEntry
from agentctl.specs.lock import Lock, lock_spec, read_lock, write_lock
from agentctl.specs.parse import parse

SPEC = """\
# shop

- **R1** `price(n)` in `src/price.py` MUST be 10 each.
- **R2** The till MUST open.
- **I1** `old(x)` in `src/old.py` MUST stay as it is.
- **A1** Prices are integers.

```python R1
from price import price
assert price(1) == 10
```

```python I1
from old import old
assert old(1) == 1
```
"""
NOTHING = Circumstances(stale={}, waived={})
GOOD = Proof(
    check="R1.c1",
    key="k",
    requirements={"R1": "r"},
    secret=False,
    result="passed",
    passed=1,
    total=1,
    base="missing",
    tree="t",
    touched=("src/price.py",),
    digest="d",
    killed="src/price.py:1 `<` for `<=`",
    tried=1,
)
IDLE = replace(GOOD, killed="", tried=8)
SPEC_ITEMS = parse(SPEC, name="shop.md").items


@pytest.mark.parametrize(
    ("proofs", "status"),
    [
        ([GOOD], "VERIFIED"),
        ([replace(GOOD, base="unknown")], "VERIFIED"),
        ([GOOD, replace(GOOD, check="R1.c2", secret=True)], "VERIFIED*"),
        ([GOOD, replace(IDLE, check="R1.c2", secret=True)], "VERIFIED"),
        ([GOOD, IDLE], "VERIFIED"),
        ([IDLE], "VACUOUS"),
        ([replace(GOOD, base="passed")], "VACUOUS"),
        ([replace(IDLE, base="passed", enough=False)], "VACUOUS"),
        ([replace(IDLE, enough=False, tried=0)], "UNPROVEN"),
        ([replace(IDLE, enough=False), IDLE], "VACUOUS"),
        ([GOOD, replace(GOOD, result="failed", killed="")], "FAILING"),
        ([replace(GOOD, result="missing", killed="")], "UNIMPLEMENTED"),
        ([GOOD, replace(GOOD, result="missing", killed="")], "FAILING"),
        ([replace(GOOD, result="stopped", killed="")], "FAILING"),
        ([], "UNCHECKED"),
    ],
)
def test_what_proofs_make_of_a_requirement(proofs: list[Proof], status: str) -> None:
    assert verdict(SPEC_ITEMS["R1"], proofs, NOTHING).status == status


@pytest.mark.parametrize(
    ("proof", "status"),
    [
        (replace(GOOD, base="passed"), "PRESERVED"),
        (replace(GOOD, base="unknown"), "UNPROVEN"),
        (replace(GOOD, base="failed"), "UNPROVEN"),
        (replace(IDLE, base="passed"), "VACUOUS"),
        (replace(GOOD, result="failed", base="passed"), "FAILING"),
    ],
)
def test_an_invariant_is_green_before_and_after_and_tells_a_mutant(proof: Proof, status: str) -> None:
    assert verdict(SPEC_ITEMS["I1"], [replace(proof, requirements={"I1": "r"})], NOTHING).status == status


def test_what_people_said_stands_where_no_check_does() -> None:
    around = Circumstances(stale={"R1": "it said: x"}, waived={"R2": "later (Ada)"}, manual={"R2"})
    assert verdict(SPEC_ITEMS["R2"], [], around).status == "WAIVED"
    assert verdict(SPEC_ITEMS["R2"], [], Circumstances(stale={}, waived={}, manual={"R2"})).note == (
        "only a person can decide it"
    )
    assert verdict(SPEC_ITEMS["A1"], [], NOTHING).status == "ASSUMED"
    assert verdict(SPEC_ITEMS["R1"], [GOOD], around).status == "STALE"
    assert verdict(SPEC_ITEMS["R1"], [replace(GOOD, result="failed")], around).status == "FAILING"


def test_a_check_that_does_not_count_is_named_beside_one_that_does() -> None:
    found = verdict(SPEC_ITEMS["R1"], [GOOD, replace(IDLE, check="R1.c2")], NOTHING)
    assert (found.counted, found.checks, found.note) == (
        1,
        2,
        "not counted: R1.c2 (none of 8 mutants made it fail)",
    )


SHARED = replace(GOOD, requirements={"R1": "r", "R2": "r"}, kills={"R1": GOOD.killed})


@pytest.mark.parametrize(
    ("proofs", "status", "note"),
    [
        ([SHARED], "UNPROVEN", "R1.c1: shared with R1: give R2 a check of its own"),
        ([replace(SHARED, kills={"R1": "a", "R2": "b"})], "VERIFIED", ""),
        ([replace(SHARED, killed="", kills={}, tried=8)], "VACUOUS", "R1.c1: none of 8 mutants made it fail"),
        ([replace(SHARED, base="passed")], "VACUOUS", "R1.c1: it passes without the change"),
        ([replace(SHARED, enough=False, tried=3)], "UNPROVEN", "R1.c1: time ran out after 3 mutants"),
        (
            [SHARED, replace(GOOD, check="R2.c1", requirements={"R2": "r"})],
            "VERIFIED",
            "not counted: R1.c1 (shared with R1)",
        ),
        (
            [SHARED, replace(IDLE, check="R2.c1", requirements={"R2": "r"})],
            "VACUOUS",
            "R2.c1: none of 8 mutants made it fail",
        ),
        (
            [replace(SHARED, requirements=dict.fromkeys(["R1", "R2", "R3", "R4", "R5"], "r"))],
            "UNPROVEN",
            "R1.c1: shared with R1, R3, R4 and 1 more: give R2 a check of its own",
        ),
    ],
)
def test_what_a_shared_check_shows_of_one_of_its_requirements(proofs: list[Proof], status: str, note: str) -> None:
    found = verdict(SPEC_ITEMS["R2"], proofs, NOTHING)
    assert (found.status, found.note) == (status, note)


TEST = LockedTest(check="R1.c1", requirements=("R1",), path="t.py", text="", tests=("t.py::test_a",))
CONSOLE = "E   AssertionError: {what}, the spec says 0\nE     spec.md:3: $ x\nE     stdout:\nE     stderr:\n{stderr}"


@pytest.mark.parametrize(
    ("outcome", "raised", "detail", "result"),
    [
        ("passed", "", "", "passed"),
        ("failed", "assertion", "E  assert 1 == 2", "failed"),
        ("failed", "AssertionError", "E  assert 1 == 2", "error"),
        ("failed", "ModuleNotFoundError", "", "missing"),
        ("failed", "NotImplementedError", "", "missing"),
        ("failed", "AttributeError", "E   AttributeError: module 'a.b' has no attribute 'c'", "missing"),
        ("failed", "AttributeError", "E   AttributeError: 'int' object has no attribute 'c'", "error"),
        ("failed", "NameError", "", "error"),
        ("skipped", "", "", "error"),
        ("xpassed", "", "", "error"),
        ("error", "assertion", "E  assert 1 == 2", "failed"),
        ("failed", "assertion", CONSOLE.format(what="exit 3", stderr="E     bad\n"), "failed"),
        ("failed", "assertion", CONSOLE.format(what="exit 127", stderr="E     sh: x: not found\n"), "missing"),
        ("failed", "assertion", CONSOLE.format(what="exit 1", stderr="E     ImportError: no x\n"), "missing"),
        ("failed", "assertion", CONSOLE.format(what="exit 1", stderr="E     NameError: name 'x'\n"), "error"),
        ("failed", "assertion", CONSOLE.format(what="exit 1", stderr="E     ValueError: x\n"), "failed"),
        ("failed", "assertion", "E  assert 'NameError: x' == ''\nE  NameError: x", "failed"),
    ],
)
def test_how_a_check_failed_is_told_apart(outcome: str, raised: str, detail: str, result: str) -> None:
    report = GateReport(
        complete=True, results=(TestResult(id="t.py::test_a", outcome=outcome, raised=raised, detail=detail),)
    )
    assert trial(report, TEST).result == result


def test_a_session_that_did_not_end_is_no_failure_of_the_check() -> None:
    assert trial(GateReport(complete=False, results=(), problem="too long"), TEST).result == "stopped"
    assert trial(GateReport(complete=True, results=()), TEST).result == "error"


# Rows of the lock

ENTRIES = {"src/price.py": TreeEntry(mode="100644", id="1"), "other.py": TreeEntry(mode="100644", id="2")}


def proven(text: str = SPEC) -> tuple[Proof, ...]:
    """As if every check of a spec had been proven on ENTRIES."""
    return tuple(
        replace(
            GOOD,
            check=each.check,
            key=each.key,
            requirements=each.requirements,
            digest=digest(("src/price.py",), ENTRIES, test=each.test.path),
        )
        for each in subjects(parse(text, name="shop.md"))
    )


def lock_of(text: str = SPEC) -> Lock:
    evidence = tuple(rows.row(proof, commit="c" * 40, env="e", at=1.5) for proof in proven(text))
    return read_lock(write_lock(replace(lock_spec(parse(text, name="shop.md")), evidence=evidence)))


def recalled(text: str, entries: dict[str, TreeEntry], lock: Lock | None = None) -> list[str]:
    every = subjects(parse(text, name="shop.md"))
    found = [rows.recall(lock or lock_of(), each, tree="new", entries=entries) for each in every]
    return [each.check for each in found if each is not None]


def test_evidence_is_recalled_until_something_it_rests_on_changes() -> None:
    assert recalled(SPEC, ENTRIES) == ["R1.c1", "I1.c1"]
    other = {**ENTRIES, "other.py": TreeEntry(mode="100644", id="9"), "new.py": TreeEntry(mode="100644", id="8")}
    assert recalled(SPEC, other) == ["R1.c1", "I1.c1"]
    assert recalled(SPEC, {**ENTRIES, "src/price.py": TreeEntry(mode="100644", id="9")}) == []
    assert recalled(SPEC.replace("== 10", "== 11"), ENTRIES) == ["I1.c1"]
    assert recalled(SPEC.replace("be 10 each", "be ten each"), ENTRIES) == ["I1.c1"]


def test_what_showed_nothing_is_looked_at_again() -> None:
    idle = tuple(rows.row(replace(each, killed=""), commit="c", env="e", at=1.0) for each in proven())
    assert recalled(SPEC, ENTRIES, replace(lock_of(), evidence=idle)) == []


PAIR = SPEC.replace("```python R1", "```python R1 R2")


@pytest.mark.parametrize(
    ("kills", "known"),
    [
        ({"R1": "a", "R2": "b"}, ["R1.c1", "I1.c1"]),
        ({"R1": "a"}, ["I1.c1"]),
        ({}, ["I1.c1"]),  # as locks were written before
    ],
)
def test_a_shared_check_is_recalled_with_a_kill_for_each_of_its_requirements(
    kills: dict[str, str], known: list[str]
) -> None:
    shown = [replace(each, kills=kills) if each.shared else each for each in proven(PAIR)]
    evidence = tuple(rows.row(proof, commit="c", env="e", at=1.5) for proof in shown)
    lock = read_lock(write_lock(replace(lock_of(PAIR), evidence=evidence)))
    assert recalled(PAIR, ENTRIES, lock) == known
    subject = subjects(parse(PAIR, name="shop.md"))[0]
    again = rows.recall(lock, subject, tree="new", entries=ENTRIES)
    assert again is None or [again.killed_for(item) for item in ("R1", "R2")] == ["a", "b"]


def test_a_row_of_one_requirement_is_written_as_ever() -> None:
    assert '"kills"' not in write_lock(lock_of())


def staled(text: str) -> dict[str, str]:
    spec = parse(text, name="shop.md")
    return rows.stale(lock_of(), spec, subjects(spec))


def test_words_that_changed_without_their_check_are_stale() -> None:
    changed = staled(SPEC.replace("MUST be 10 each", "MUST be 10 each, rounded"))
    assert list(changed) == ["R1"]
    assert changed["R1"].startswith("it said: ")
    assert staled(SPEC) == {}
    assert staled(SPEC.replace("MUST be 10 each", "MUST be 11 each").replace("== 10", "== 11")) == {}
    assert staled(SPEC.replace("`price(n)` in", "**`price(n)`** in").replace("be 10", "be\n  10")) == {}


def test_a_new_row_keeps_the_old_key_of_a_stale_item_until_a_person_says_it_holds() -> None:
    text = SPEC.replace("MUST be 10 each", "MUST be 10 each, rounded")
    lock, proofs = lock_of(), proven(text)
    fresh = [rows.row(proof, commit="d", env="e", at=2.0) for proof in proofs]
    kept = replace(lock, evidence=rows.merged(lock, proofs, fresh, staled(text)))
    spec = parse(text, name="shop.md")
    assert list(rows.stale(kept, spec, subjects(spec))) == ["R1"]
    blessed = replace(lock, evidence=rows.merged(lock, proofs, fresh, {}))
    assert rows.stale(blessed, spec, subjects(spec)) == {}
    assert [row.commit for row in blessed.evidence] == ["d", "d"]


def test_rows_that_were_recalled_stay_as_they_are() -> None:
    lock = lock_of()
    proofs = tuple(replace(each, remembered=True) for each in proven())
    assert sorted(rows.merged(lock, proofs, [], {}), key=lambda row: row.check) == sorted(
        lock.evidence, key=lambda row: row.check
    )


@pytest.mark.parametrize("base", ["passed", "failed", "stopped", "unknown"])
def test_a_row_comes_back_with_what_its_check_said_of_the_base(base: str) -> None:
    (proof, *_) = (replace(each, base=base) for each in proven())
    row = rows.row(proof, commit="d", env="e", at=2.0)
    assert rows.before_of(row) == base
    lock = replace(lock_of(), evidence=(row,))
    assert read_lock(write_lock(lock)).evidence == (row,)


# What does not count although something was caught

ENDED = "Error importing plugin 'x': No module named 'x'"
CUT = f"pytest could not be started with this repository's settings\nERROR: {ENDED}"


@pytest.mark.parametrize(
    ("proof", "status", "note"),
    [
        (
            replace(GOOD, base="stopped", base_detail=CUT),
            "UNPROVEN",
            f"nothing came of it on the base: pytest could not be started: {ENDED}",
        ),
        (replace(IDLE, base="stopped", base_detail=CUT), "VACUOUS", "none of 8 mutants made it fail"),
        (
            replace(IDLE, elsewhere="`a`, only m.py:6 in `b`"),
            "UNPROVEN",
            "it catches nothing in `a`, only m.py:6 in `b`: check what R1 names, or name that in it",
        ),
        (
            replace(IDLE, reads="m.py"),
            "UNPROVEN",
            "it reads the text of m.py, and fails on the same program spaced otherwise: let it run it",
        ),
        (replace(IDLE, reads="m.py", base="passed"), "VACUOUS", "it passes without the change"),
        (
            replace(IDLE, result="failed", unsteady=True, passed=0, detail="E   assert 1 == 2"),
            "FAILING",
            "it passed, and then failed on the same files: assert 1 == 2",
        ),
    ],
)
def test_what_was_caught_counts_only_for_what_it_shows(proof: Proof, status: str, note: str) -> None:
    found = verdict(SPEC_ITEMS["R1"], [proof], NOTHING)
    assert (found.status, found.note) == (status, f"R1.c1: {note}")
    told = {"stopped": "stopped", "passed": "green"}
    assert rows.row(proof, commit="c", env="e", at=1.0).base == told.get(proof.base, "red")


def test_an_invariant_is_not_said_to_be_new_where_nothing_came_of_it_on_the_base() -> None:
    proof = replace(GOOD, requirements={"I1": "r"}, base="stopped", base_detail=CUT)
    found = verdict(SPEC_ITEMS["I1"], [proof], NOTHING)
    assert (found.status, found.base, "make it an R" in found.note) == ("UNPROVEN", "-", False)


@pytest.mark.parametrize(
    ("module", "paths", "manifest", "ours"),
    [
        ("hypothesis", (), "", False),
        ("requests", ("src/price.py",), "dependencies = ['requests']", False),
        ("price", (), "", True),  # the spec names its file
        ("till", ("src/till/__init__.py",), "", True),
        ("my_shop", (), '[project]\nname = "my-shop"\n', True),
    ],
)
def test_a_module_of_nobody_here_is_to_be_installed(
    module: str, paths: tuple[str, ...], manifest: str, *, ours: bool
) -> None:
    proof = replace(GOOD, result="missing", detail=f"E   ModuleNotFoundError: No module named '{module}'")
    found = outside([proof], spec=SPEC + "\nProperties use hypothesis.\n", paths=paths, manifest=manifest)
    assert found == ({} if ours else {"R1.c1": module})
    status = verdict(SPEC_ITEMS["R1"], [proof], replace(NOTHING, outside=found)).status
    assert status == ("UNIMPLEMENTED" if ours else "FAILING")
