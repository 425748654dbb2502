"""The table of edits: what each changes, what has to be run first, and what has to be worked on again."""

from collections.abc import Mapping

import pytest
from agentctl.specs.changes import compare, dirty, recheck, remeasure
from agentctl.specs.lock import lock_spec
from agentctl.specs.parse import parse

R3 = "- **R3** `bursts` MUST return, for each client, its burst for the given window.\n"
R6 = "- **R6** The command SHOULD read standard input when LOG is `-`.\n"
E1 = "- **E1** Timestamps that go backwards: R3 holds for any order of `hits`.\n"
N1 = '- **N1** No log formats other than nginx "combined".\n'


@pytest.mark.parametrize(
    ("old", "new", "changed", "work"),
    [
        pytest.param(
            "is greater than N, sorted",
            "is at least N, sorted",
            {"changed": ("R4",), "shifted": ("E2",)},
            {"R4", "E2"},
            id="words",
        ),
        pytest.param("line to stderr", "line\n  to *stderr*", {}, set(), id="layout"),
        pytest.param(R6, R6.replace("SHOULD", "MUST"), {"strength_only": ("R6",)}, set(), id="strength"),
        pytest.param(R6, "", {"removed": ("R6",)}, set(), id="removed"),
        pytest.param(R3, "", {"removed": ("R3",), "shifted": ("E1",)}, {"E1"}, id="removed and referred to"),
        pytest.param(R6, R6 + "- **R8** It MUST end.\n", {"added": ("R8",)}, {"R8"}, id="added"),
        pytest.param(
            "half-open interval",
            "closed interval",
            {"terms": ("window",), "shifted": ("E1", "E2", "R3", "R4", "R7")},
            {"E1", "E2", "R3", "R4", "R7"},
            id="term",
        ),
        pytest.param(
            "- **client**:",
            "- **caller**:",
            {"terms": ("caller", "client"), "shifted": ("E1", "E2", "Q1", "R3", "R4")},
            {"E1", "E2", "R3", "R4"},
            id="term renamed",
        ),
        pytest.param(
            "window: float) -> dict[str, int]",
            "window: float) -> dict[str, float]",
            {"names": ("src/ratelog/core.py:bursts",), "shifted": ("E1", "R3", "R7")},
            {"E1", "R3", "R7"},
            id="interface",
        ),
        pytest.param(
            "# seconds since the epoch, UTC",
            "# milliseconds",
            {"names": ("src/ratelog/core.py:Hit",), "shifted": ("E1", "E3", "R1", "R2", "R3", "R7")},
            {"E1", "E3", "R1", "R2", "R3", "R7"},
            id="a comment in a stub",
        ),
        pytest.param("[exit 2]", "[exit 3]", {"checks_changed": ("R5.c1",)}, set(), id="check"),
        pytest.param('"a": 2, "b": 1', '"a": 3, "b": 1', {"checks_changed": ("R3.t1",)}, set(), id="table"),
        pytest.param(
            "10.0.0.7 - - [01/Jan/2026:00:00:40 +0000]",
            "10.0.0.8 - - [01/Jan/2026:00:00:40 +0000]",
            {"fixtures": ("tests/data/two.log",)},
            set(),
            id="fixture",
        ),
        pytest.param(
            "<= 3.0 s wall", "<= 2.0 s wall", {"changed": ("P1",), "shifted": ("P2",)}, set(), id="performance"
        ),
        pytest.param(N1, N1 + "- **N3** No colours.\n", {"added": ("N3",)}, set(), id="non-goal"),
        pytest.param("ruff check .", "ruff check src", {"gate": True}, set(), id="gate"),
        pytest.param('".github/**"', '".gitlab/**"', {"gate": True}, set(), id="forbid"),
        pytest.param("usd: 4.00", "usd: 9.00", {}, set(), id="budget"),
        pytest.param("autonomy: ask-blocking", "autonomy: never", {}, set(), id="autonomy"),
        pytest.param("Ops staff paste", "Staff paste", {}, set(), id="intent"),
        pytest.param("merged? default: no", "merged? default: yes", {"changed": ("Q1",)}, set(), id="question"),
        pytest.param(E1, E1 + "\n", {}, set(), id="a blank line"),
    ],
)
def test_an_edit_does_what_the_table_says(
    ratelog: str, old: str, new: str, changed: Mapping[str, object], work: set[str]
) -> None:
    assert ratelog.count(old) == 1
    before, after = parse(ratelog), parse(ratelog.replace(old, new))
    changes = compare(before, after)
    expected = {name: changed.get(name, getattr(compare(before, before), name)) for name in changes.__slots__}
    assert {name: getattr(changes, name) for name in changes.__slots__} == expected
    assert changes.nothing == (not changed)
    assert compare(lock_spec(before), after) == changes
    assert dirty(changes, after) == work


def test_the_order_of_items_and_sections_is_nothing(ratelog: str) -> None:
    moved = ratelog.replace(R6, "").replace("- **R1** `parse`", f"{R6}- **R1** `parse`")
    head, _, rest = moved.partition("## Corner cases")
    corner, _, rest = rest.partition("## Performance")
    moved = f"{head}## Performance{rest}\n## Corner cases{corner}"
    assert compare(parse(ratelog), parse(moved)).nothing


def test_changed_checks_and_those_of_changed_inputs_are_run_first(ratelog: str) -> None:
    edited = ratelog.replace("[exit 2]", "[exit 3]").replace(
        "10.0.0.1 - - [01/Jan/2026:00:00:20", "10.0.0.1 - - [01/Jan/2026:00:00:21"
    )
    spec = parse(edited)
    changes = compare(parse(ratelog), spec)
    assert recheck(changes, spec) == ("R1.c1", "R5.c1")
    assert dirty(changes, spec) == frozenset()
    assert dirty(changes, spec, red={"R5.c1"}) == {"R5"}
    assert dirty(changes, spec, red=recheck(changes, spec)) == {"R1", "R4", "R5"}


def test_a_check_for_a_person_is_not_run(ratelog: str) -> None:
    spec = parse(ratelog.replace("```console R5", "```console R5 manual"))
    changes = compare(parse(ratelog), spec)
    assert (changes.checks_changed, recheck(changes, spec)) == (("R5.c1",), ())


def test_a_changed_bar_is_measured_first_and_a_new_one_is_work(ratelog: str) -> None:
    spec = parse(ratelog.replace("<= 3.0 s wall", "<= 2.0 s wall"))
    changes = compare(parse(ratelog), spec)
    assert remeasure(changes, spec) == ("P1", "P2")
    assert dirty(changes, spec, red={"P1"}) == {"P1"}
    new = parse(ratelog.replace("## Non-goals", "- **P3** `ratelog -h` MUST finish in <= 1 s wall.\n\n## Non-goals"))
    changes = compare(parse(ratelog), new)
    assert (remeasure(changes, new), dirty(changes, new)) == ((), {"P3"})


@pytest.mark.parametrize(
    ("old", "new", "work"),
    [
        ("bytes (R3).", "text (R3).", {"R3"}),
        ("bytes (R3).", "text (R3, R4).", {"R3", "R4"}),
        ("- **A1** Clients are compared as bytes (R3).\n", "", {"R3"}),
        ("- **A1**", "- **A2** Lines end with LF (R1).\n- **A1**", set()),
        ("default: no", "default: yes (R7)", {"R7"}),
    ],
)
def test_an_assumption_that_no_longer_holds_concerns_whom_it_names(
    ratelog: str, old: str, new: str, work: set[str]
) -> None:
    base = ratelog + "\n## Notes\n\n- **A1** Clients are compared as bytes (R3).\n"
    after = parse(base.replace(old, new))
    changes = compare(parse(base), after)
    assert set(changes.concerned) == work
    assert dirty(changes, after) == work


def test_an_item_whose_words_stand_under_another_id_is_told() -> None:
    before = parse("# a\n\n- It pours.\n- It fills.\n")
    after = parse("# a\n\n- It drains.\n- It pours.\n- It fills.\n")
    changes = compare(before, after)
    assert changes.renamed == (("R1", "R2"), ("R2", "R3"))
    assert dirty(changes, after) == {"R1", "R2", "R3"}
