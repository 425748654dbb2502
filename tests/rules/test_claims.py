"""What tasks say that they do to symbols, and what is no such saying."""

import pytest
from agentctl.orchestrator.nouns.plan import Plan, Requirement, SpecView, Task, Team
from agentctl.orchestrator.rules.claims import claims

Said = tuple[str, str, bool]


def said(goal: str, *, title: str = "Do", requirement: str = "") -> list[Said]:
    """What a task says: verb, symbol, and whether it is strong."""
    task = Task(id="T1", team="all", title=title, goal=goal, requirements=("R1",))
    plan = Plan(summary="", teams=(Team(id="all", purpose=""),), tasks=(task,))
    meets = (Requirement(id="R1", text=requirement, key="k"),)
    spec = SpecView(id="s", digest="d", title="t", text="", requirements=meets)
    return [(each.verb, each.symbol, each.strong) for each in claims(plan, spec)]


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        ("Rename `load` to `read_all`.", [("renames", "load", True), ("writes", "read_all", True)]),
        ("Read the code, then remove `load`, `dump` and `Store.put`.",
         [("removes", "load", False), ("removes", "dump", False), ("removes", "Store.put", True)]),
        ("Delete the deprecated function `load`.", [("removes", "load", True)]),
        ("Drop the `put` method of the class `Store`.", [("removes", "Store.put", True)]),
        ("Remove parse_line() and parseAll.", [("removes", "parse_line", True), ("removes", "parseAll", True)]),
        ("Rename Store.", [("renames", "Store", True)]),
        ("Rename `load_all` to `read_all`, and keep the old name as an alias.",
         [("renames", "load_all", False), ("writes", "read_all", True)]),
        ("Redeclare `load`.", [("redeclares", "load", True)]),
        ("Change how `load` handles blank lines.", [("changes", "load", False)]),
        ("Change the signature of `load`.", [("changes", "load", True)]),
        ("Change `load` to return a list.", [("changes", "load", True)]),
        ("Make `load` async.", [("changes", "load", True)]),
        ("Update `load` so that it raises `BadLine` instead.", [("changes", "load", True)]),
        ("Add a required parameter `encoding` to `load`.", [("changes", "load", True)]),
        ("Remove the argument `strict` from `read_all`.", [("changes", "read_all", True)]),
        ("`load` no longer takes a path.", [("changes", "load", False)]),
        ("The function `read_all` must be renamed.", [("renames", "read_all", True)]),
        ("`read_all` and `load` are removed.", [("removes", "load", False)]),
        ("Move `src/io.py` to `src/files.py`.", [("moves", "src/io.py", True)]),
        ("Write `parse_line(text: str) -> Line` in `src/parse.py`.", [("writes", "parse_line", True)]),
        ("`parse(text: str) -> Line` (R1).\n`class Line(NamedTuple)`: a line.",
         [("writes", "parse", False), ("writes", "Line", False)]),
        ("- Add class `Line`.\n- Implement `parse_line`.", [("writes", "Line", True), ("writes", "parse_line", True)]),
    ],
)  # fmt: skip
def test_what_is_said_of_symbols_is_heard(goal: str, expected: list[Said]) -> None:
    assert said(goal) == expected


@pytest.mark.parametrize(
    "goal",
    [
        "Do not rename `load`.",
        "Don't change or remove `load`.",
        "Add a flag without changing `load`; never drop `dump`.",
        "Once T1 has renamed it, remove `load`.",
        "Write a command that can remove `entries`.",
        "Add `purge` to delete `entries` older than a day.",
        "A user may rename `project`.",
        "Remove the call of `load` from main.",
        "Remove `load` calls.",
        "Remove `load`'s cache.",
        "Rename the `verbose` flag, drop the `status` column.",
        "Add an optional parameter `strict` to `load`.",
        "Let `load` also accept a path.",
        "`load` now also takes a path.",
        "Update `load` to skip blank lines.",
        "Fix `load`. Speed up `dump`. Refactor `Store`.",
        "Use `load` and `tally.entries`; there are `read_entries(lines)` and `BadEntry`.",
        "Write `loud` in src/loud.py with tests in tests/test_loud.py.",
        "Add a `close()` method to it.",
        "Remove unused code from `src/io.py`'s end.",
        "",
        "`" * 50 + "(" * 50,
    ],
)
def test_what_is_somebody_elses_or_harmless_is_not(goal: str) -> None:
    assert said(goal) == []


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("`purge` MUST remove `entries` older than a day.", []),
        ("`clean(text)` MUST return the text without blanks.", []),
        ("Users MUST be able to rename `projects`, and remove `entries`.", []),
        ("`read_all` MUST be renamed to `load`.", [("renames", "read_all", True)]),
        ("`entries` MUST be removed.", [("removes", "entries", False)]),
        ("Rename `load` to `read`.", [("renames", "load", True), ("writes", "read", False)]),
        ("`read_all` MUST no longer return blanks.", [("changes", "read_all", True)]),
    ],
)
def test_a_requirement_is_about_behaviour(requirement: str, expected: list[Said]) -> None:
    assert said("Do it.", requirement=requirement) == expected


def test_a_title_counts_and_each_thing_is_said_once_as_clearly_as_anywhere() -> None:
    assert said("Change `load` to return a list.", title="Change `load`") == [("changes", "load", True)]


def test_a_sentence_goes_over_lines_and_is_quoted_in_short() -> None:
    goal = f"Rename\n  `load` to `read`, {'and so on ' * 30}."
    task = Task(id="T1", team="all", title="Do", goal=goal)
    plan = Plan(summary="", teams=(), tasks=(task,))
    spec = SpecView(id="s", digest="d", title="t", text="", requirements=())
    first = claims(plan, spec)[0]
    assert first.quote.startswith("Rename `load` to `read`, and so on")
    assert len(first.quote) == 140


def test_a_hostile_goal_is_read_in_no_time_that_matters() -> None:
    for goal in ("rename `a` " * 5_000, "-" * 30_000, "a." * 15_000, "`x" * 15_000, "write `ab_c`, " * 3_000):
        assert len(said(goal)) <= 200
